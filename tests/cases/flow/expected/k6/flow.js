// flow: Every step
// From tests/cases/flow/profile.yaml and tests/cases/flow/spec.yaml 1.0.0 (sha256:75754fbc8e5e). Do not edit.
//
//   PASSWORD=… k6 run flow.js
//
// Environment: BASE_URL (default http://localhost:8080), PASSWORD (required).
// Exit code: 0 fine, 99 an SLO was missed, 107 the login was refused, a variable is not set or the script is
//   broken, 110 an exception in the script.
// Approximations:
// - proxies: where HTTP_PROXY or HTTPS_PROXY is set, k6 sends the load there (NO_PROXY excepts hosts)
import http from 'k6/http';
import { check, fail, sleep } from 'k6';
import exec from 'k6/execution';
import { Counter, Rate, Trend } from 'k6/metrics';

const BASE_URL = baseUrl(__ENV.BASE_URL || 'http://localhost:8080');

const lookOnce = new Trend('look_once', true);
const lookTime = new Trend('look_time', true);
const looks = new Counter('looks');
const errors = new Rate('errors'); // one sample a call: was any of its checks false?
const samples = new Counter('samples'); // of metrics that have a limit: no samples is a miss

// Only a request without an answer has failed: a status is judged by the checks of its call.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

export const options = {
  scenarios: {
    read: {
      executor: 'constant-vus',
      vus: 2,
      duration: '30s',
      exec: 'read',
    },
  },
  maxRedirects: 0,
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count', 'p(99.9)', 'p(90)'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{scenario:read,expected_response:true}': ['count>0'],
    'http_req_duration{scenario:read,expected_response:true}': ['avg<=500'],
    'errors{scenario:read}': ['rate<=0.01'],
    'http_reqs{scenario:read}': ['rate>=1'],
    'http_reqs{name:addBook,expected_response:true}': ['count>0'],
    'errors{name:addBook}': ['rate<=0.01'],
    'http_req_duration{name:addBook,expected_response:true}': ['p(95)<=500', 'p(99.9)<=2000'],
    'http_reqs{name:look at it,expected_response:true}': ['count>0'],
    'errors{name:look at it}': ['rate<=0.01'],
    'http_req_duration{name:look at it,expected_response:true}': ['p(95)<=500', 'p(99.9)<=2000'],
    'http_reqs{name:wait for it,expected_response:true}': ['count>0'],
    'errors{name:wait for it}': ['rate<=0.01'],
    'http_req_duration{name:wait for it,expected_response:true}': ['p(95)<=500', 'p(99.9)<=2000'],
    'http_reqs{name:copy,expected_response:true}': ['count>0'],
    'errors{name:copy}': [{ threshold: 'rate<=0.01', abortOnFail: true, delayAbortEval: '5s' }],
    'http_req_duration{name:copy,expected_response:true}': [
      { threshold: 'p(95)<=500', abortOnFail: true, delayAbortEval: '5s' },
      { threshold: 'p(99.9)<=2000', abortOnFail: true, delayAbortEval: '5s' },
      { threshold: 'max<=2000', abortOnFail: true, delayAbortEval: '5s' },
    ],
    'http_reqs{name:listBooks,expected_response:true}': ['count>0'],
    'errors{name:listBooks}': ['rate<=0.01'],
    'http_req_duration{name:listBooks,expected_response:true}': ['p(95)<=500', 'p(99.9)<=2000'],
    'http_reqs{name:refused,expected_response:true}': ['count>0'],
    'errors{name:refused}': ['rate<=0.01'],
    'http_req_duration{name:refused,expected_response:true}': ['p(95)<=500', 'p(99.9)<=2000'],
    'samples{of:look_time}': ['count>0'],
    'look_time': ['p(90)<=3000'],
    'samples{of:wait for it ends within 3 attempts}': ['count>0'],
    'checks{check:wait for it ends within 3 attempts}': ['rate>=1'],
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
    lookAtIt: { headers: asReader, tags: { name: 'look at it' } },
    waitForIt: { headers: asReader, tags: { name: 'wait for it' } },
    copy: { headers: { ...asReader, 'Content-Type': 'application/json' }, tags: { name: 'copy' } },
    refused: { headers: { 'Content-Type': 'application/json' }, tags: { name: 'refused' } },
  };
}

export const read = guarded((data) => {
  const n = exec.scenario.iterationInTest;
  const unique = `${data.run}0${n.toString(36)}`;
  let call, res, ok, bookId, title;

  call = calls.addBook;
  res = http.post(`${BASE_URL}/books`, JSON.stringify({ title: `Book ${unique}` }), call);
  bookId = json(res, 'id');
  ok = verify(call, { 'addBook answers 201': res.status === 201, 'addBook has $.id': bookId != null });
  if (!ok) return sleep(2);

  // look
  const beganLook = Date.now();
  for (let i = 0; i < 2; i++) {
    call = calls.lookAtIt;
    res = http.get(`${BASE_URL}/books/${encodeURIComponent(bookId)}`, call);
    ok = verify(call, {
      'look at it answers 200': res.status === 200,
      'look at it within 300 ms': res.timings.duration <= 300,
    });
    if (ok) {
      lookOnce.add(res.timings.duration);
      looks.add(1);
    }

    sleep(0.1 + Math.random() * 0.4);
  }

  call = calls.waitForIt;
  ok = false;
  let shelf;
  for (let attempt = 1; attempt <= 3 && !ok; attempt++) {
    if (attempt > 1) sleep(0.5);
    res = http.get(`${BASE_URL}/books/${encodeURIComponent(bookId)}`, call);
    ok = verify(call, {
      'wait for it answers 200': res.status === 200,
      'wait for it has $.title': json(res, 'title') != null,
    });
    shelf = json(res, 'shelf');
    ok = ok && ['READ', 'UNREAD'].includes(shelf);
  }
  ok = ok && shelf !== 'UNREAD';
  check(null, { 'wait for it ends within 3 attempts': ok }, call.tags);
  sampled('wait for it ends within 3 attempts');
  if (!ok) return sleep(2);
  title = json(res, 'title');
  lookTime.add(Date.now() - beganLook);
  sampled('look_time');

  const slot = (n * 7) % 10; // by turns: exact shares
  if (slot < 7) { // again
    call = calls.copy;
    res = http.post(`${BASE_URL}/books`, JSON.stringify({ title: String(title) }), call);
    verify(call, {
      'copy answers 201': res.status === 201,
      'copy has $.id': json(res, 'id') != null,
      'copy $.shelf is READ or UNREAD': ['READ', 'UNREAD'].includes(json(res, 'shelf')),
    });
  } else { // branch 2
    call = {
      headers: { Authorization: `Bearer ${data.reader}`, 'X-Tenant': headerText(`t ${title}`) },
      tags: { name: 'listBooks' },
    };
    res = http.get(`${BASE_URL}/books?page=0`, call);
    verify(call, { 'listBooks answers 200': res.status === 200 });
  }

  call = calls.refused;
  res = http.post(`${BASE_URL}/books`, JSON.stringify({ title: 'x' }), call);
  verify(call, { 'refused answers 400': res.status === 400 });
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

// That a metric with a limit has samples, each virtual user tells once: enough for a count above 0.
const seen = new Set();
function sampled(metric) {
  if (seen.has(metric)) return;
  seen.add(metric);
  samples.add(1, { of: metric });
}

// res.json() throws when there is no answer; here that is a false check, not an exception.
function json(res, path) {
  try {
    return res.json(path);
  } catch {
    return undefined;
  }
}

// What could end a header is left out.
function headerText(text) {
  return String(text).replace(/[\0-\x08\n-\x1f\x7f]/g, '');
}
