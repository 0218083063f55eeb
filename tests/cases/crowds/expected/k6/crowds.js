// crowds: Pools of users who show what is theirs, without a login
// From tests/cases/crowds/profile.yaml and tests/cases/crowds/spec.yaml 1.0 (sha256:c0bd07696bb7). Do not edit.
//
//   COUNTER_KEY=… k6 run crowds.js
//
// Environment: BASE_URL (default http://localhost:8080), TOKEN_BASE_URL (gives tokens; default that of
//   BASE_URL), PEPPER (default empty), COUNTER_KEY (required).
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

const BASE_URL = baseUrl(__ENV.BASE_URL || 'http://localhost:8080', '/v1');
const TOKEN_BASE_URL = baseUrl(__ENV.TOKEN_BASE_URL || BASE_URL.split('/', 3).join('/')); // gives tokens

const errors = new Rate('errors'); // one sample a call: was any of its checks false?
const usersOfClerk = new SharedArray('users of clerk', () => rows(open('./people.csv')));
const usersOfPartner = new SharedArray('users of partner', () => rows(open('./people.csv')));
const usersOfVisitor = new SharedArray('users of visitor', () => rows(open('./people.csv')));
const usersOfTenant = new SharedArray('users of tenant', () => rows(open('./people.csv')));
const usersOfMachine = new SharedArray('users of machine', () => rows(open('./machines.csv')));

// Only a request without an answer has failed: a status is judged by the checks of its call.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

export const options = {
  scenarios: {
    counters: {
      executor: 'per-vu-iterations',
      vus: 4,
      iterations: 2,
      maxDuration: '10m',
      exec: 'counters',
    },
    clerks: {
      executor: 'per-vu-iterations',
      vus: 2,
      iterations: 1,
      maxDuration: '10m',
      exec: 'clerks',
    },
  },
  maxRedirects: 0,
  setupTimeout: '10m',
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{name:byBasic,expected_response:true}': ['count>0'],
    'errors{name:byBasic}': ['rate<=0'],
    'http_req_duration{name:byBasic,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byBasicToo,expected_response:true}': ['count>0'],
    'errors{name:byBasicToo}': ['rate<=0'],
    'http_req_duration{name:byBasicToo,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byHeaderKey,expected_response:true}': ['count>0'],
    'errors{name:byHeaderKey}': ['rate<=0'],
    'http_req_duration{name:byHeaderKey,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byQueryKey,expected_response:true}': ['count>0'],
    'errors{name:byQueryKey}': ['rate<=0'],
    'http_req_duration{name:byQueryKey,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byCookieKey,expected_response:true}': ['count>0'],
    'errors{name:byCookieKey}': ['rate<=0'],
    'http_req_duration{name:byCookieKey,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byToken,expected_response:true}': ['count>0'],
    'errors{name:byToken}': ['rate<=0'],
    'http_req_duration{name:byToken,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byAnybody,expected_response:true}': ['count>0'],
    'errors{name:byAnybody}': ['rate<=0'],
    'http_req_duration{name:byAnybody,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byClient,expected_response:true}': ['count>0'],
    'errors{name:byClient}': ['rate<=0'],
    'http_req_duration{name:byClient,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:byBasic again,expected_response:true}': ['count>0'],
    'errors{name:byBasic again}': ['rate<=0'],
    'http_req_duration{name:byBasic again,expected_response:true}': ['p(95)<=1000'],
  },
};

export function setup() {
  const unset = ['COUNTER_KEY'].filter((name) => !__ENV[name]);
  if (unset.length > 0) throw new Error(`not set in the environment: ${unset.join(', ')}`);
  // The logins: before the load, out of the measured traffic, one token for all virtual users.
  return {
    machine: usersOfMachine.map((user) => login1(user)),
  };
}

function login1(user) {
  const res = http.request('POST', `${TOKEN_BASE_URL}/oauth/token`, 'grant_type=client_credentials&scope=read', {
    headers: {
      Authorization: `Basic ${encoding.b64encode(`${encodeURIComponent(user.id)}:${encodeURIComponent(user.secret)}`)}`,
      'Content-Type': 'application/x-www-form-urlencoded',
    },
    tags: { name: 'login as machine' },
  });
  const token = [200].includes(res.status) ? json(res, 'access_token') : undefined;
  if (!token) fail(`login as machine: ${res.status || res.error}, no $.access_token`);
  return token;
}

let calls; // headers and tags of each call: made once by each virtual user
function prepare(data) {
  const asClerk = {
    Authorization: `Basic ${encoding.b64encode(`${ofUser(usersOfClerk).name}:${ofUser(usersOfClerk).password}${(__ENV.PEPPER || '')}`)}`,
  };
  const asPartner = { 'X-Counter-Key': headerText(ofUser(usersOfPartner).key) };
  const asVisitor = { Authorization: headerText(`Bearer ${ofUser(usersOfVisitor).token}`) };
  const asTenant = {
    'X-Counter-Key': headerText(__ENV.COUNTER_KEY),
    'X-Tenant': headerText(`${ofUser(usersOfTenant).tenant}-${ofUser(usersOfTenant).token}`),
  };
  const asMachine = { Authorization: `Bearer ${ofUser(data.machine)}` };
  calls = {
    byBasic: { headers: asClerk, tags: { name: 'byBasic' } },
    byBasicToo: { headers: asClerk, tags: { name: 'byBasicToo' } },
    byHeaderKey: { headers: asPartner, tags: { name: 'byHeaderKey' } },
    byQueryKey: { headers: asPartner, tags: { name: 'byQueryKey' } },
    byCookieKey: {
      headers: { ...asPartner, Cookie: `counter=${cookieText(ofUser(usersOfPartner).key)}` },
      tags: { name: 'byCookieKey' },
    },
    byToken: { headers: asVisitor, tags: { name: 'byToken' } },
    byAnybody: { headers: asTenant, tags: { name: 'byAnybody' } },
    byClient: { headers: asMachine, tags: { name: 'byClient' } },
    byBasicAgain: { headers: asClerk, tags: { name: 'byBasic again' } },
  };
}

export const counters = guarded((data) => {
  let call, res;

  call = calls.byBasic;
  res = http.get(`${BASE_URL}/by-basic`, call);
  verify(call, { 'byBasic answers 200': res.status === 200 });

  call = calls.byBasicToo;
  res = http.post(`${BASE_URL}/by-basic`, null, call);
  verify(call, { 'byBasicToo answers 200': res.status === 200 });

  call = calls.byHeaderKey;
  res = http.get(`${BASE_URL}/by-header-key`, call);
  verify(call, { 'byHeaderKey answers 200': res.status === 200 });

  call = calls.byQueryKey;
  res = http.get(`${BASE_URL}/by-query-key?key=${encodeURIComponent(ofUser(usersOfPartner).key)}`, call);
  verify(call, { 'byQueryKey answers 200': res.status === 200 });

  call = calls.byCookieKey;
  res = http.get(`${BASE_URL}/by-cookie-key`, call);
  verify(call, { 'byCookieKey answers 200': res.status === 200 });

  call = calls.byToken;
  res = http.get(`${BASE_URL}/by-token`, call);
  verify(call, { 'byToken answers 200': res.status === 200 });

  call = calls.byAnybody;
  res = http.get(`${BASE_URL}/by-anybody`, call);
  verify(call, { 'byAnybody answers 200': res.status === 200 });

  call = calls.byClient;
  res = http.get(`${BASE_URL}/by-client`, call);
  verify(call, { 'byClient answers 200': res.status === 200 });
});

export const clerks = guarded((data) => {
  let call, res;

  call = calls.byBasicAgain;
  res = http.get(`${BASE_URL}/by-basic`, call);
  verify(call, { 'byBasic again answers 200': res.status === 200 });
});

function baseUrl(text, path) {
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s]+/.test(url)) throw new Error(`BASE_URL or TOKEN_BASE_URL is not an http(s) URL: ${text}`);
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
