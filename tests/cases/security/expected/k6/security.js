// security: Every security scheme, alone, together and by choice
// From tests/cases/security/profile.yaml and tests/cases/security/spec.yaml 1.0 (sha256:4aa8865d5d5b). Do not edit.
//
//   VAULT_TOKEN=… VAULT_USER=… VAULT_PASSWORD=… VAULT_KEY=… VAULT_QUERY_KEY=… VAULT_COOKIE_KEY=… VAULT_CLIENT_SECRET=… k6 run security.js
//
// Environment: BASE_URL (default http://localhost:8080), SERVICE_TOKEN_BASE_URL (gives tokens; default that of
//   BASE_URL), FOREIGNER_TOKEN_BASE_URL (gives tokens; default https://id.example.com:8443), VAULT_TOKEN
//   (required), VAULT_USER (required), VAULT_PASSWORD (required), VAULT_KEY (required), VAULT_QUERY_KEY
//   (required), VAULT_COOKIE_KEY (required), VAULT_CLIENT (default load test), VAULT_CLIENT_SECRET (required).
// Exit code: 0 fine, 99 an SLO was missed, 107 the login was refused, a variable is not set or the script is
//   broken, 110 an exception in the script.
// Approximations:
// - proxies: where HTTP_PROXY or HTTPS_PROXY is set, k6 sends the load there (NO_PROXY excepts hosts)
// - keys in a query: k6 warns of each request without an answer, and prints its whole URL, unless its option
//   log-output is none
import http from 'k6/http';
import { check, fail } from 'k6';
import { SharedArray } from 'k6/data';
import encoding from 'k6/encoding';
import exec from 'k6/execution';
import { Rate } from 'k6/metrics';

const BASE_URL = baseUrl(__ENV.BASE_URL || 'http://localhost:8080', '/v2');
const SERVICE_TOKEN_BASE_URL = baseUrl(__ENV.SERVICE_TOKEN_BASE_URL || BASE_URL.split('/', 3).join('/')); // gives tokens
const FOREIGNER_TOKEN_BASE_URL = baseUrl(__ENV.FOREIGNER_TOKEN_BASE_URL || 'https://id.example.com:8443'); // gives tokens

const errors = new Rate('errors'); // one sample a call: was any of its checks false?
const usersOfCrowd = new SharedArray('users of crowd', () => rows(open('./clerks.csv')));

// Only a request without an answer has failed: a status is judged by the checks of its call.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

export const options = {
  scenarios: {
    everybody: {
      executor: 'per-vu-iterations',
      vus: 2,
      iterations: 2,
      maxDuration: '10m',
      exec: 'everybody',
    },
  },
  maxRedirects: 0,
  setupTimeout: '10m',
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{name:byBearer,expected_response:true}': ['count>0'],
    'errors{name:byBearer}': ['rate<=0'],
    'http_req_duration{name:byBearer,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byReadyToken,expected_response:true}': ['count>0'],
    'errors{name:byReadyToken}': ['rate<=0'],
    'http_req_duration{name:byReadyToken,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byBasic,expected_response:true}': ['count>0'],
    'errors{name:byBasic}': ['rate<=0'],
    'http_req_duration{name:byBasic,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byHeaderKey,expected_response:true}': ['count>0'],
    'errors{name:byHeaderKey}': ['rate<=0'],
    'http_req_duration{name:byHeaderKey,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byQueryKey,expected_response:true}': ['count>0'],
    'errors{name:byQueryKey}': ['rate<=0'],
    'http_req_duration{name:byQueryKey,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byCookieKey,expected_response:true}': ['count>0'],
    'errors{name:byCookieKey}': ['rate<=0'],
    'http_req_duration{name:byCookieKey,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byClient,expected_response:true}': ['count>0'],
    'errors{name:byClient}': ['rate<=0'],
    'http_req_duration{name:byClient,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:putByClient,expected_response:true}': ['count>0'],
    'errors{name:putByClient}': ['rate<=0'],
    'http_req_duration{name:putByClient,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byForeignClient,expected_response:true}': ['count>0'],
    'errors{name:byForeignClient}': ['rate<=0'],
    'http_req_duration{name:byForeignClient,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byBoth,expected_response:true}': ['count>0'],
    'errors{name:byBoth}': ['rate<=0'],
    'http_req_duration{name:byBoth,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byEither,expected_response:true}': ['count>0'],
    'errors{name:byEither}': ['rate<=0'],
    'http_req_duration{name:byEither,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byEither with a key,expected_response:true}': ['count>0'],
    'errors{name:byEither with a key}': ['rate<=0'],
    'http_req_duration{name:byEither with a key,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byAnybody,expected_response:true}': ['count>0'],
    'errors{name:byAnybody}': ['rate<=0'],
    'http_req_duration{name:byAnybody,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byAnybody at all,expected_response:true}': ['count>0'],
    'errors{name:byAnybody at all}': ['rate<=0'],
    'http_req_duration{name:byAnybody at all,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:tokenAsKey,expected_response:true}': ['count>0'],
    'errors{name:tokenAsKey}': ['rate<=0'],
    'http_req_duration{name:tokenAsKey,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byBasic refused,expected_response:true}': ['count>0'],
    'errors{name:byBasic refused}': ['rate<=0'],
    'http_req_duration{name:byBasic refused,expected_response:true}': ['p(95)<=1000'],
  },
};

export function setup() {
  const unset = ['VAULT_TOKEN', 'VAULT_USER', 'VAULT_PASSWORD', 'VAULT_KEY', 'VAULT_QUERY_KEY', 'VAULT_COOKIE_KEY', 'VAULT_CLIENT_SECRET'].filter((name) => !__ENV[name]);
  if (unset.length > 0) throw new Error(`not set in the environment: ${unset.join(', ')}`);
  // The logins: before the load, out of the measured traffic, one token for all virtual users.
  return {
    person: login1(),
    service: login2(),
    foreigner: login3(),
    crowd: usersOfCrowd.map((user) => login4(user)),
  };
}

function login1() {
  const res = http.request('POST', `${BASE_URL}/login`, JSON.stringify({ password: __ENV.VAULT_PASSWORD }), {
    headers: { 'Content-Type': 'application/json' },
    tags: { name: 'login as person' },
  });
  const token = [200].includes(res.status) ? json(res, 'token') : undefined;
  if (!token) fail(`login as person: ${res.status || res.error}, no $.token`);
  return token;
}

function login2() {
  const res = http.request('POST', `${SERVICE_TOKEN_BASE_URL}/oauth/token`, `grant_type=client_credentials&client_id=${encodeURIComponent((__ENV.VAULT_CLIENT || 'load test'))}&client_secret=${encodeURIComponent(__ENV.VAULT_CLIENT_SECRET)}&scope=vault.read%20vault%3Awrite%20all`, {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    tags: { name: 'login as service' },
  });
  const token = [200].includes(res.status) ? json(res, 'access_token') : undefined;
  if (!token) fail(`login as service: ${res.status || res.error}, no $.access_token`);
  return token;
}

function login3() {
  const res = http.request('POST', `${FOREIGNER_TOKEN_BASE_URL}/realms/vault/token?tenant=a%20b`, 'grant_type=client_credentials&scope=a%20b', {
    headers: {
      Authorization: `Basic ${encoding.b64encode(`${encodeURIComponent((__ENV.VAULT_CLIENT || 'load test'))}:${encodeURIComponent(__ENV.VAULT_CLIENT_SECRET)}`)}`,
      'Content-Type': 'application/x-www-form-urlencoded',
    },
    tags: { name: 'login as foreigner' },
  });
  const token = [200].includes(res.status) ? json(res, 'access_token') : undefined;
  if (!token) fail(`login as foreigner: ${res.status || res.error}, no $.access_token`);
  return token;
}

function login4(user) {
  const res = http.request('POST', `${BASE_URL}/login`, JSON.stringify({ password: user.password }), {
    headers: { 'Content-Type': 'application/json' },
    tags: { name: 'login as crowd' },
  });
  const token = [200].includes(res.status) ? json(res, 'token') : undefined;
  if (!token) fail(`login as crowd: ${res.status || res.error}, no $.token`);
  return token;
}

let calls; // headers and tags of each call: made once by each virtual user
function prepare(data) {
  const asPerson = { Authorization: `Bearer ${data.person}` };
  const asVisitor = { Authorization: headerText(`Bearer ${__ENV.VAULT_TOKEN}`) };
  const asClerk = { Authorization: `Basic ${encoding.b64encode(`${__ENV.VAULT_USER}:${__ENV.VAULT_PASSWORD}`)}` };
  const asPartner = { 'X-Vault-Key': headerText(__ENV.VAULT_KEY) };
  const asService = { Authorization: `Bearer ${data.service}` };
  const asForeigner = { Authorization: `Bearer ${data.foreigner}` };
  calls = {
    byBearer: { headers: asPerson, tags: { name: 'byBearer' } },
    byReadyToken: { headers: asVisitor, tags: { name: 'byReadyToken' } },
    byBasic: { headers: asClerk, tags: { name: 'byBasic' } },
    byHeaderKey: { headers: asPartner, tags: { name: 'byHeaderKey' } },
    byQueryKey: { headers: asPartner, tags: { name: 'byQueryKey' } },
    byCookieKey: {
      headers: { ...asPartner, Cookie: `vault=${cookieText(__ENV.VAULT_COOKIE_KEY)}` },
      tags: { name: 'byCookieKey' },
    },
    byClient: { headers: asService, tags: { name: 'byClient' } },
    putByClient: { headers: asService, tags: { name: 'putByClient' } },
    byForeignClient: { headers: asForeigner, tags: { name: 'byForeignClient' } },
    byBoth: { headers: asPerson, tags: { name: 'byBoth' } },
    byEither: { headers: asClerk, tags: { name: 'byEither' } },
    byEitherWithAKey: { headers: asPartner, tags: { name: 'byEither with a key' } },
    byAnybody: { headers: asVisitor, tags: { name: 'byAnybody' } },
    byAnybodyAtAll: { tags: { name: 'byAnybody at all' } },
    tokenAsKey: { tags: { name: 'tokenAsKey' } },
    byBasicRefused: { tags: { name: 'byBasic refused' } },
  };
}

export const everybody = guarded((data) => {
  let call, res;

  call = calls.byBearer;
  res = http.get(`${BASE_URL}/by-bearer`, call);
  verify(call, { 'byBearer answers 200': res.status === 200 });

  call = calls.byReadyToken;
  res = http.get(`${BASE_URL}/by-ready-token`, call);
  verify(call, { 'byReadyToken answers 200': res.status === 200 });

  call = calls.byBasic;
  res = http.get(`${BASE_URL}/by-basic`, call);
  verify(call, { 'byBasic answers 200': res.status === 200 });

  call = calls.byHeaderKey;
  res = http.get(`${BASE_URL}/by-header-key`, call);
  verify(call, { 'byHeaderKey answers 200': res.status === 200 });

  call = calls.byQueryKey;
  res = http.get(
    `${BASE_URL}/by-query-key?page=2&api%20key=${encodeURIComponent(__ENV.VAULT_QUERY_KEY)}`,
    call,
  );
  verify(call, { 'byQueryKey answers 200': res.status === 200 });

  call = calls.byCookieKey;
  res = http.get(`${BASE_URL}/by-cookie-key`, call);
  verify(call, { 'byCookieKey answers 200': res.status === 200 });

  call = calls.byClient;
  res = http.get(`${BASE_URL}/by-client`, call);
  verify(call, { 'byClient answers 200': res.status === 200 });

  call = calls.putByClient;
  res = http.put(`${BASE_URL}/by-client`, null, call);
  verify(call, { 'putByClient answers 200': res.status === 200 });

  call = calls.byForeignClient;
  res = http.get(`${BASE_URL}/by-foreign-client`, call);
  verify(call, { 'byForeignClient answers 200': res.status === 200 });

  call = calls.byBoth;
  res = http.get(`${BASE_URL}/by-both?api%20key=${encodeURIComponent(__ENV.VAULT_KEY)}`, call);
  verify(call, { 'byBoth answers 200': res.status === 200 });

  call = calls.byEither;
  res = http.get(`${BASE_URL}/by-either`, call);
  verify(call, { 'byEither answers 200': res.status === 200 });

  call = calls.byEitherWithAKey;
  res = http.get(`${BASE_URL}/by-either`, call);
  verify(call, { 'byEither with a key answers 200': res.status === 200 });

  call = calls.byAnybody;
  res = http.get(`${BASE_URL}/by-anybody`, call);
  verify(call, { 'byAnybody answers 200': res.status === 200 });

  call = calls.byAnybodyAtAll;
  res = http.get(`${BASE_URL}/by-anybody`, call);
  verify(call, { 'byAnybody at all answers 200': res.status === 200 });

  call = calls.tokenAsKey;
  res = http.get(`${BASE_URL}/token-as-key?api%20key=${encodeURIComponent(ofUser(data.crowd))}`, call);
  verify(call, { 'tokenAsKey answers 200': res.status === 200 });

  call = calls.byBasicRefused;
  res = http.get(`${BASE_URL}/by-basic`, call);
  verify(call, { 'byBasic refused answers 401': res.status === 401 });
});

function baseUrl(text, path) {
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s]+/.test(url)) throw new Error(`BASE_URL or SERVICE_TOKEN_BASE_URL or FOREIGNER_TOKEN_BASE_URL is not an http(s) URL: ${text}`);
  return path && /^https?:\/\/[^/]+$/.test(url) ? url + path : url;
}

// An exception ends the iteration; k6 would exit with 0 all the same.
function guarded(iteration) {
  return (data) => {
    try {
      if (!calls) prepare(data);
      iteration(data);
    } catch (e) {
      console.error(e.stack || e);
      exec.test.fail(`exception: ${e}`);
    }
  };
}

// The checks of one call, name to whether it holds.
function verify(call, checks) {
  const ok = check(null, checks, call.tags);
  errors.add(!ok, call.tags);
  return ok;
}

// res.json() throws when there is no answer; here that is a false check, not an exception.
function json(res, path) {
  try {
    return res.json(path);
  } catch {
    return undefined;
  }
}

// RFC 4180: the first line names the columns.
function rows(text) {
  const lines = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    if (quoted === undefined && plain === '' && end === '') break;
    lines[lines.length - 1].push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end !== ',') lines.push([]);
  }
  const [columns, ...values] = lines.filter((line) => line.length > 0);
  if (!values.length) throw new Error('a feed has no rows');
  return values.map((line) => Object.fromEntries(columns.map((column, i) => [column, line[i]])));
}

// Of a pool, user k has the k-th, round and round.
function ofUser(pool) {
  return pool[(exec.vu.idInTest - 1) % pool.length];
}

// What could end a header is left out.
function headerText(text) {
  return String(text).replace(/[\0-\x08\n-\x1f\x7f]/g, '');
}

// What cannot stand in a cookie is percent-encoded (RFC 6265 section 4.1.1).
// In hex, since `-[` within brackets is a subtraction to k6.
function cookieText(value) {
  return String(value).replace(/[^!#$&-+\x2d-\x3a\x3c-\x5b\x5d-\x7e]+/g, encodeURIComponent);
}
