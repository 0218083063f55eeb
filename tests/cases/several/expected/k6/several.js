// several: Open and closed loads in one profile
// From tests/cases/several/profile.yaml and tests/cases/several/spec.yaml 1.0.0 (sha256:e69c6aa57cc0). Do not edit.
//
//   PASSWORD=… k6 run several.js
//
// Environment: BASE_URL (default http://localhost:8080), PASSWORD (required).
// Exit code: 0 fine, 99 an SLO was missed, 107 the login was refused, a variable is not set or the script is
//   broken, 110 an exception in the script.
// Approximations:
// - proxies: where HTTP_PROXY or HTTPS_PROXY is set, k6 sends the load there (NO_PROXY excepts hosts)
// - connections: k6 has one setting for all scenarios, so the users of the closed loads open a new connection
//   in each iteration too, as arrivals do
import http from 'k6/http';
import { check, fail } from 'k6';
import exec from 'k6/execution';
import { Rate } from 'k6/metrics';

const BASE_URL = baseUrl(__ENV.BASE_URL || 'http://localhost:8080');

const errors = new Rate('errors'); // one sample a call: was any of its checks false?

// Only a request without an answer has failed: a status is judged by the checks of its call.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

export const options = {
  scenarios: {
    writers: {
      executor: 'constant-arrival-rate',
      rate: 2,
      timeUnit: '1s',
      duration: '20s',
      preAllocatedVUs: 5,
      maxVUs: 5,
      exec: 'writers',
    },
    readers: {
      executor: 'constant-vus',
      vus: 2,
      duration: '20s',
      startTime: '50s',
      exec: 'readers',
    },
  },
  maxRedirects: 0,
  noVUConnectionReuse: true, // an arrival is a new user
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{name:addBook}': ['count>0'],
    'errors{name:addBook}': ['rate<=0'],
    'http_reqs{name:listBooks}': ['count>0'],
    'errors{name:listBooks}': ['rate<=0'],
  },
};

export function setup() {
  const unset = ['PASSWORD'].filter((name) => !__ENV[name]);
  if (unset.length > 0) throw new Error(`not set in the environment: ${unset.join(', ')}`);
  // The logins: before the load, out of the measured traffic, one token for all virtual users.
  return {
    run: Date.now().toString(36).slice(-8),
    reader: login1(),
  };
}

function login1() {
  const res = http.request('POST', `${BASE_URL}/login`, JSON.stringify({ password: __ENV.PASSWORD }), {
    headers: { 'Content-Type': 'application/json' },
    tags: { name: 'login as reader' },
  });
  const token = [200].includes(res.status) ? json(res, 'token') : undefined;
  if (!token) fail(`login as reader: ${res.status || res.error}, no $.token`);
  return token;
}

let calls; // headers and tags of each call: made once by each virtual user
function prepare(data) {
  const asReader = { Authorization: `Bearer ${data.reader}` };
  calls = {
    addBook: { headers: { ...asReader, 'Content-Type': 'application/json' }, tags: { name: 'addBook' } },
    listBooks: { headers: asReader, tags: { name: 'listBooks' } },
  };
}

export const writers = guarded((data) => {
  const n = exec.scenario.iterationInTest;
  const unique = `${data.run}0${n.toString(36)}`;
  let call, res, ok, bookId;

  call = calls.addBook;
  res = http.post(`${BASE_URL}/books`, JSON.stringify({ title: `Book ${unique}` }), call);
  bookId = json(res, 'id');
  ok = verify(call, { 'addBook answers 201': res.status === 201, 'addBook has $.id': bookId != null });
  if (!ok) return;
});

export const readers = guarded((data) => {
  let call, res;

  call = calls.listBooks;
  res = http.get(`${BASE_URL}/books?page=1`, call);
  verify(call, { 'listBooks answers 200': res.status === 200 });
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
