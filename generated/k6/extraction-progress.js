// extraction-progress: Extractions that arrive at 10, 50 and 10 a second and are watched until they are done
// From specs/profiles/extraction-progress.yaml and specs/jivs.openapi.yaml 1.0.0 (sha256:f8ec6354828b). Do not edit.
//
//   JIVS_PASSWORD=… k6 run extraction-progress.js
//
// Environment: BASE_URL (default http://localhost:8080), SOURCE_PASSWORD (default test), JIVS_USERNAME
//   (default admin), JIVS_PASSWORD (required).
// Exit code: 0 fine, 99 an SLO was missed, 107 the login was refused, a variable is not set or the script is
//   broken, 110 an exception in the script.
// Approximations:
// - proxies: where HTTP_PROXY or HTTPS_PROXY is set, k6 sends the load there (NO_PROXY excepts hosts)
import http from 'k6/http';
import { check, fail, sleep } from 'k6';
import exec from 'k6/execution';
import { Counter, Rate, Trend } from 'k6/metrics';

const BASE_URL = baseUrl(__ENV.BASE_URL || 'http://localhost:8080');

const extractionCompletion = new Trend('extraction_completion', true);
const errors = new Rate('errors'); // one sample a call: was any of its checks false?
const samples = new Counter('samples'); // of metrics that have a limit: no samples is a miss

// Only a request without an answer has failed: a status is judged by the checks of its call.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

export const options = {
  scenarios: {
    'watch-progress': {
      executor: 'ramping-arrival-rate',
      startRate: 10,
      timeUnit: '1s',
      preAllocatedVUs: 500,
      maxVUs: 1100,
      stages: [
        { duration: '1m', target: 10 },
        { duration: '0s', target: 50 },
        { duration: '2m', target: 50 },
        { duration: '0s', target: 10 },
        { duration: '1m', target: 10 },
      ],
      exec: 'watchProgress',
    },
  },
  maxRedirects: 0,
  noVUConnectionReuse: true, // an arrival is a new user
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{scenario:watch-progress}': ['count>0'],
    'errors{scenario:watch-progress}': ['rate<=0.01'],
    'http_reqs{name:createExtraction,expected_response:true}': ['count>0'],
    'errors{name:createExtraction}': ['rate<=0.01'],
    'http_req_duration{name:createExtraction,expected_response:true}': ['p(95)<=200', 'p(99)<=500'],
    'http_reqs{name:startExtraction,expected_response:true}': ['count>0'],
    'errors{name:startExtraction}': ['rate<=0.01'],
    'http_req_duration{name:startExtraction,expected_response:true}': ['p(95)<=500'],
    'http_reqs{name:getExtraction,expected_response:true}': ['count>0'],
    'errors{name:getExtraction}': ['rate<=0.01'],
    'http_req_duration{name:getExtraction,expected_response:true}': ['p(95)<=100'],
    'samples{of:getExtraction ends within 10 attempts}': ['count>0'],
    'checks{check:getExtraction ends within 10 attempts}': ['rate>=1'],
  },
};

export function setup() {
  const unset = ['JIVS_PASSWORD'].filter((name) => !__ENV[name]);
  if (unset.length > 0) throw new Error(`not set in the environment: ${unset.join(', ')}`);
  // The logins: before the load, out of the measured traffic, one token for all virtual users.
  return {
    run: Date.now().toString(36).slice(-8),
    admin: login1(),
  };
}

function login1() {
  const res = http.request('POST', `${BASE_URL}/api/v1/auth/login`, JSON.stringify({ username: (__ENV.JIVS_USERNAME || 'admin'), password: __ENV.JIVS_PASSWORD }), {
    headers: { 'Content-Type': 'application/json' },
    tags: { name: 'login as admin' },
  });
  const token = [200].includes(res.status) ? json(res, 'accessToken') : undefined;
  if (!token) fail(`login as admin: ${res.status || res.error}, no $.accessToken`);
  return token;
}

let calls; // headers and tags of each call: made once by each virtual user
function prepare(data) {
  const asAdmin = { Authorization: `Bearer ${data.admin}` };
  calls = {
    createExtraction: {
      headers: { ...asAdmin, 'Content-Type': 'application/json' },
      tags: { name: 'createExtraction' },
    },
    startExtraction: { headers: asAdmin, tags: { name: 'startExtraction' } },
    getExtraction: { headers: asAdmin, tags: { name: 'getExtraction' } },
  };
}

export const watchProgress = guarded((data) => {
  const n = exec.scenario.iterationInTest;
  const unique = `${data.run}0${n.toString(36)}`;
  let call, res, ok, extractionId;

  call = calls.createExtraction;
  res = http.post(
    `${BASE_URL}/api/v1/extractions`,
    JSON.stringify({
      name: `Progress Test ${unique}`,
      sourceType: 'JDBC',
      connectionConfig: {
        url: 'jdbc:postgresql://localhost:5432/testdb',
        username: 'test',
        password: (__ENV.SOURCE_PASSWORD || 'test'),
      },
    }),
    call,
  );
  extractionId = json(res, 'data.id');
  ok = verify(call, {
    'createExtraction answers 201': res.status === 201,
    'createExtraction has $.data.id': extractionId != null,
  });
  if (!ok) return;

  call = calls.startExtraction;
  res = http.post(`${BASE_URL}/api/v1/extractions/${encodeURIComponent(extractionId)}/start`, null, call);
  verify(call, { 'startExtraction answers 202': res.status === 202 });

  const beganGetExtractionEndsWithin10Attempts = Date.now();
  call = calls.getExtraction;
  ok = false;
  let status;
  for (let attempt = 1; attempt <= 10 && !ok; attempt++) {
    if (attempt > 1) sleep(2);
    res = http.get(`${BASE_URL}/api/v1/extractions/${encodeURIComponent(extractionId)}`, call);
    ok = verify(call, { 'getExtraction answers 200': res.status === 200 });
    status = json(res, 'data.status');
    ok = ok && ['COMPLETED', 'FAILED'].includes(status);
  }
  if (ok) {
    extractionCompletion.add(Date.now() - beganGetExtractionEndsWithin10Attempts);
  }
  ok = ok && status !== 'FAILED';
  check(null, { 'getExtraction ends within 10 attempts': ok }, call.tags);
  sampled('getExtraction ends within 10 attempts');
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
