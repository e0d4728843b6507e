"""Seal a PDF: an electronic seal of the service, made so that any later change can be seen.

Rules:
- The seal is a PAdES baseline signature of level B-B (ETSI EN 319 142-1) over the whole file, a
  certification that allows no changes (ISO 32000-2, 12.8.2.2, P = 1).
- The key is ECDSA on P-256. It is another key than those of the ledger, because PDF readers in use
  do not know Ed25519; an entry of the ledger names the certificate.
- The certificate is self-signed: a reader compares its fingerprint with the one in the ledger
  rather than trusting a list of authorities.
- The seal says that the service issued these bytes. It is nobody's personal signature.
"""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from webui.reports.pdf.attachment import Attachment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["Attachment", "make_seal_certificate", "seal_pdf"]

FIELD: Final = "Seal"
_RESERVED: Final = 8192
_NAME_LIMIT: Final = 64


def make_seal_certificate(
    common_name: str, key: ec.EllipticCurvePrivateKey, not_before: datetime, not_after: datetime
) -> bytes:
    """A self-signed certificate (PEM) for sealing and nothing else (RFC 5280, 4.2.1.3).

    A ``common_name`` of more than 64 bytes is shortened, since X.520 allows no more.
    """
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _shortened(common_name))])
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_sealing_only(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def seal_pdf(
    unsealed: bytes,
    *,
    key_pem: bytes,
    certificate_pem: bytes,
    signing_time: datetime,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """The PDF with ``attachments`` added and a seal over everything; ``signing_time`` has a zone.

    Raises:
        ValueError: key and certificate are not PEM, or do not belong together.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

    writer = IncrementalPdfFileWriter(io.BytesIO(unsealed))
    for attachment in attachments:
        _embed(writer, attachment, signing_time)
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        reason="Seal of the issuing service",
    )
    signer = signers.PdfSigner(metadata, _signer(key_pem, certificate_pem))
    session = signer.init_signing_session(writer)
    session.system_time = signing_time
    document = session.prepare_tbs_document(validation_info=None, bytes_reserved=_RESERVED)
    prepared, output = document.digest_tbs_document()
    asyncio.run(
        document.perform_signature(
            document_digest=prepared.document_digest,
            pdf_cms_signed_attrs=PdfCMSSignedAttributes(signing_time=signing_time),
        )
    )
    return bytes(output.getvalue())


def _shortened(name: str) -> str:
    return name.encode()[:_NAME_LIMIT].decode(errors="ignore")


def _sealing_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _signer(key_pem: bytes, certificate_pem: bytes) -> object:
    from asn1crypto import keys as asn1_keys
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    key = serialization.load_pem_private_key(key_pem, password=None)
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    if key.public_key() != certificate.public_key():
        msg = "the seal's key and certificate do not belong together"
        raise ValueError(msg)
    der = serialization.Encoding.DER
    private = key.private_bytes(
        der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(certificate.public_bytes(der)),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),
    )


def _embed(writer: object, attachment: Attachment, moment: datetime) -> None:
    from pyhanko.pdf_utils import embed
    from pyhanko.pdf_utils.generic import NameObject

    stream = embed.EmbeddedFileObject.from_file_data(
        writer,
        attachment.data,
        params=embed.EmbeddedFileParams(creation_date=moment, modification_date=moment),
        mime_type=attachment.media_type,
    )
    embed.embed_file(
        writer,
        embed.FileSpec(
            file_spec_string=attachment.name,
            file_name=attachment.name,
            embedded_data=stream,
            description=attachment.description,
            af_relationship=NameObject("/Data"),
        ),
    )
