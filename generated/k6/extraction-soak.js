// extraction-soak: The journey of extraction-load at 50 users for eight hours, to find what leaks
// From specs/profiles/extraction-soak.yaml and specs/jivs.openapi.yaml 1.0.0 (sha256:c67f3aa860dc). Do not edit.
//
//   JIVS_PASSWORD=… k6 run extraction-soak.js
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

const extractionDuration = new Trend('extraction_duration', true);
const extractionsCreated = new Counter('extractions_created');
const errors = new Rate('errors'); // one sample a call: was any of its checks false?
const samples = new Counter('samples'); // of metrics that have a limit: no samples is a miss

// Only a request without an answer has failed: a status is judged by the checks of its call.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

export const options = {
  scenarios: {
    'extraction-lifecycle': {
      executor: 'constant-vus',
      vus: 50,
      duration: '8h',
      exec: 'extractionLifecycle',
    },
  },
  maxRedirects: 0,
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{scenario:extraction-lifecycle}': ['count>0'],
    'errors{scenario:extraction-lifecycle}': ['rate<=0.01'],
    'http_reqs{name:createExtraction,expected_response:true}': ['count>0'],
    'errors{name:createExtraction}': ['rate<=0.01'],
    'http_req_duration{name:createExtraction,expected_response:true}': ['p(95)<=200', 'p(99)<=500'],
    'http_reqs{name:startExtraction,expected_response:true}': ['count>0'],
    'errors{name:startExtraction}': ['rate<=0.01'],
    'http_req_duration{name:startExtraction,expected_response:true}': ['p(95)<=500', 'p(99)<=1000'],
    'http_reqs{name:getExtraction,expected_response:true}': ['count>0'],
    'errors{name:getExtraction}': ['rate<=0.01'],
    'http_req_duration{name:getExtraction,expected_response:true}': ['p(95)<=100', 'p(99)<=1000'],
    'http_reqs{name:listExtractions,expected_response:true}': ['count>0'],
    'errors{name:listExtractions}': ['rate<=0.01'],
    'http_req_duration{name:listExtractions,expected_response:true}': ['p(95)<=300', 'p(99)<=1000'],
    'samples{of:extraction_duration}': ['count>0'],
    'extraction_duration': ['p(95)<=200'],
    'samples{of:getExtraction ends within 5 attempts}': ['count>0'],
    'checks{check:getExtraction ends within 5 attempts}': ['rate>=1'],
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
    listExtractions: { headers: asAdmin, tags: { name: 'listExtractions' } },
  };
}

export const extractionLifecycle = guarded((data) => {
  const n = exec.scenario.iterationInTest;
  const unique = `${data.run}0${n.toString(36)}`;
  let call, res, ok, extractionId;

  call = calls.createExtraction;
  res = http.post(
    `${BASE_URL}/api/v1/extractions`,
    JSON.stringify({
      name: `Load Test Extraction ${unique}`,
      sourceType: 'JDBC',
      connectionConfig: {
        url: 'jdbc:postgresql://source-db:5432/testdb',
        username: 'test',
        password: (__ENV.SOURCE_PASSWORD || 'test'),
        driverClassName: 'org.postgresql.Driver',
      },
      extractionQuery: 'SELECT * FROM test_table LIMIT 1000',
    }),
    call,
  );
  extractionId = json(res, 'data.id');
  ok = verify(call, {
    'createExtraction answers 201': res.status === 201,
    'createExtraction has $.data.id': extractionId != null,
    'createExtraction $.data.status is PENDING': json(res, 'data.status') === 'PENDING',
    'createExtraction $.data.recordsExtracted is 0': json(res, 'data.recordsExtracted') === 0,
  });
  if (!ok) return sleep(1);
  extractionDuration.add(res.timings.duration);
  sampled('extraction_duration');
  extractionsCreated.add(1);

  call = calls.startExtraction;
  res = http.post(`${BASE_URL}/api/v1/extractions/${encodeURIComponent(extractionId)}/start`, null, call);
  verify(call, { 'startExtraction answers 202': res.status === 202 });

  sleep(1);

  call = calls.getExtraction;
  ok = false;
  let status;
  for (let attempt = 1; attempt <= 5 && !ok; attempt++) {
    if (attempt > 1) sleep(2);
    res = http.get(`${BASE_URL}/api/v1/extractions/${encodeURIComponent(extractionId)}`, call);
    ok = verify(call, { 'getExtraction answers 200': res.status === 200 });
    status = json(res, 'data.status');
    ok = ok && ['COMPLETED', 'FAILED'].includes(status);
  }
  ok = ok && status !== 'FAILED';
  check(null, { 'getExtraction ends within 5 attempts': ok }, call.tags);
  sampled('getExtraction ends within 5 attempts');

  call = calls.listExtractions;
  res = http.get(`${BASE_URL}/api/v1/extractions?page=0&size=20&status=RUNNING`, call);
  verify(call, {
    'listExtractions answers 200': res.status === 200,
    'listExtractions has $.data.totalPages': json(res, 'data.totalPages') != null,
    'listExtractions $.data.size is 20': json(res, 'data.size') === 20,
  });

  sleep(1);
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
