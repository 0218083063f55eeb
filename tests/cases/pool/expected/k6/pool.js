// pool: One login a user
// From tests/cases/pool/profile.yaml and tests/cases/pool/spec.yaml 1.0.0 (sha256:57bde123d3d4). Do not edit.
//
//   PASSWORD=… k6 run pool.js
//
// Environment: BASE_URL (default http://localhost:8080), PASSWORD (required).
// Exit code: 0 fine, 99 an SLO was missed, 107 the login was refused, a variable is not set or the script is
//   broken, 110 an exception in the script.
// Approximations:
// - proxies: where HTTP_PROXY or HTTPS_PROXY is set, k6 sends the load there (NO_PROXY excepts hosts)
import http from 'k6/http';
import { check, fail, sleep } from 'k6';
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import { Rate } from 'k6/metrics';

const BASE_URL = baseUrl(__ENV.BASE_URL || 'http://localhost:8080');

const errors = new Rate('errors'); // one sample a call: was any of its checks false?
const usersOfReader = new SharedArray('users of reader', () => rows(open('./users.csv')));

// Only a request without an answer has failed: a status is judged by the checks of its call.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

export const options = {
  scenarios: {
    read: {
      executor: 'per-vu-iterations',
      vus: 4,
      iterations: 2,
      maxDuration: '10m',
      exec: 'read',
    },
  },
  maxRedirects: 0,
  setupTimeout: '10m',
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{name:addBook}': ['count>0'],
    'errors{name:addBook}': ['rate<=0'],
    'http_reqs{name:getBook}': ['count>0'],
    'errors{name:getBook}': ['rate<=0'],
  },
};

export function setup() {
  const unset = ['PASSWORD'].filter((name) => !__ENV[name]);
  if (unset.length > 0) throw new Error(`not set in the environment: ${unset.join(', ')}`);
  // The logins: before the load, out of the measured traffic, one token for all virtual users.
  return {
    run: Date.now().toString(36).slice(-8),
    reader: usersOfReader.map((user) => login1(user)),
  };
}

function login1(user) {
  const res = http.request('POST', `${BASE_URL}/login`, JSON.stringify({ password: `${user.name}-${__ENV.PASSWORD}` }), {
    headers: { 'Content-Type': 'application/json' },
    tags: { name: 'login as reader' },
  });
  const token = [200].includes(res.status) ? json(res, 'token') : undefined;
  if (!token) fail(`login as reader: ${res.status || res.error}, no $.token`);
  return token;
}

let calls; // headers and tags of each call: made once by each virtual user
function prepare(data) {
  const asReader = { Authorization: `Bearer ${ofUser(data.reader)}` };
  calls = {
    addBook: { headers: { ...asReader, 'Content-Type': 'application/json' }, tags: { name: 'addBook' } },
    getBook: { headers: asReader, tags: { name: 'getBook' } },
  };
}

export const read = guarded((data) => {
  const n = exec.scenario.iterationInTest;
  const unique = `${data.run}0${n.toString(36)}`;
  let call, res, ok, bookId;

  call = calls.addBook;
  res = http.post(`${BASE_URL}/books`, JSON.stringify({ title: `Book ${unique}` }), call);
  bookId = json(res, 'id');
  ok = verify(call, { 'addBook answers 201': res.status === 201, 'addBook has $.id': bookId != null });
  if (!ok) return sleep(1);

  call = calls.getBook;
  res = http.get(`${BASE_URL}/books/${encodeURIComponent(bookId)}`, call);
  verify(call, { 'getBook answers 200': res.status === 200 });
});

function baseUrl(text) {
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s]+/.test(url)) throw new Error(`BASE_URL is not an http(s) URL: ${text}`);
  return url;
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
