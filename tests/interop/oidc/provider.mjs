// A real OpenID provider (npm oidc-provider, certified by the OpenID Foundation) on this machine.
// One JSON argument: {port, clients, accounts, jwks, modules}. Its sign-in page is a list of links.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const said = JSON.parse(process.argv[2]);
const found = createRequire(`${said.modules}/`).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(found).href);
const scopes = 'openid profile email groups';

const provider = new Provider(`http://localhost:${said.port}`, {
  clients: said.clients,
  jwks: said.jwks,
  cookies: { keys: ['a key for tests alone'] },
  acrValues: ['two'],
  claims: {
    openid: ['sub', 'acr', 'amr'],
    profile: ['name'],
    email: ['email', 'email_verified'],
    groups: ['groups'],
  },
  scopes: scopes.split(' '),
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => said.accounts[id] && {
    accountId: id,
    claims: () => ({ sub: id, ...said.accounts[id].claims }),
  },
});

provider.use(async (ctx, next) => {
  const [, where, , as] = ctx.path.split('/');
  if (where !== 'interaction') return next();
  if (!as) {
    const links = Object.keys(said.accounts).map((id) => `<li><a href="${ctx.path}/${id}">${id}</a>`);
    ctx.body = `<!doctype html><title>Company account</title><h1>Who are you?</h1><ul>${links.join('')}</ul>`;
    return undefined;
  }
  const { params } = await provider.interactionDetails(ctx.req, ctx.res);
  const grant = new provider.Grant({ accountId: as, clientId: params.client_id });
  grant.addOIDCScope(scopes);
  const login = { accountId: as, remember: true, ...said.accounts[as].login };
  await provider.interactionFinished(ctx.req, ctx.res, { login, consent: { grantId: await grant.save() } });
  ctx.respond = false;
  return undefined;
});

provider.listen(said.port, '127.0.0.1', () => console.log('listening'));
