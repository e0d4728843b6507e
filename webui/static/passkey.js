// Making a passkey, and signing with one. The statement on the page is hashed here: where the hash
// is not the one that the page names, nothing is signed. What the passkey made goes into the form's
// hidden fields, and the form is sent. Without a script, or in a browser without passkeys, there is
// no button.
"use strict";
const form = document.querySelector("[data-passkey]");

function toBytes(base64) {
  return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
}

function toBase64(buffer) {
  return btoa(Array.from(new Uint8Array(buffer), (one) => String.fromCharCode(one)).join(""));
}

function toHex(buffer) {
  return Array.from(new Uint8Array(buffer), (one) => one.toString(16).padStart(2, "0")).join("");
}

function say(sentence) {
  const told = document.querySelector("[data-passkey-told]");
  told.textContent = sentence;
  told.hidden = false;
}

async function challenge() {
  const statement = document.querySelector("[data-statement]").textContent;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(statement));
  if (toHex(digest) !== form.dataset.challenge) {
    throw new Error("The statement on this page is not the one that would be signed. Do not sign it.");
  }
  return digest;
}

function withBytes(descriptors) {
  return descriptors.map((one) => ({ ...one, id: toBytes(one.id) }));
}

async function make(options) {
  options.user.id = new TextEncoder().encode(options.user.id);
  options.excludeCredentials = withBytes(options.excludeCredentials);
  const made = await navigator.credentials.create({ publicKey: options });
  return {
    credential: made.rawId,
    clientDataJSON: made.response.clientDataJSON,
    attestationObject: made.response.attestationObject,
  };
}

async function sign(options) {
  options.allowCredentials = withBytes(options.allowCredentials);
  const signed = await navigator.credentials.get({ publicKey: options });
  return {
    credential: signed.rawId,
    clientDataJSON: signed.response.clientDataJSON,
    authenticatorData: signed.response.authenticatorData,
    signature: signed.response.signature,
  };
}

async function go(event) {
  event.preventDefault();
  try {
    const options = JSON.parse(form.dataset.options);
    options.challenge = await challenge();
    const made = form.dataset.passkey === "make" ? await make(options) : await sign(options);
    for (const [name, value] of Object.entries(made)) {
      form.elements.namedItem(name).value = toBase64(value);
    }
    form.submit();
  } catch (error) {
    say(error.message || "Nothing was signed.");
  }
}

if (form) {
  if (window.isSecureContext && window.PublicKeyCredential) {
    form.querySelector("button").hidden = false;
    form.addEventListener("submit", go);
  } else {
    say("This browser offers no passkeys here. They need https, or http://localhost.");
  }
}
