// compliance-stress: Up to 200 data subject requests a second under GDPR and CCPA, to find the breaking point
// From specs/profiles/compliance-stress.yaml and specs/jivs.openapi.yaml 1.0.0 (sha256:96c660927874). Do not edit.
//
//   JIVS_PASSWORD=… k6 run compliance-stress.js
//
// Environment: BASE_URL (default http://localhost:8080), JIVS_USERNAME (default admin), JIVS_PASSWORD
//   (required).
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
const subjects = new SharedArray('subjects', () => rows(open('./subjects.csv')));

// Only a request without an answer has failed: a status is judged by the checks of its call.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

export const options = {
  scenarios: {
    'data-subject-requests': {
      executor: 'ramping-arrival-rate',
      startRate: 10,
      timeUnit: '1s',
      preAllocatedVUs: 50,
      maxVUs: 200,
      stages: [
        { duration: '2m', target: 50 },
        { duration: '3m', target: 100 },
        { duration: '3m', target: 200 },
        { duration: '2m', target: 100 },
        { duration: '2m', target: 0 },
      ],
      exec: 'dataSubjectRequests',
    },
  },
  maxRedirects: 0,
  noVUConnectionReuse: true, // an arrival is a new user
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{scenario:data-subject-requests,expected_response:true}': ['count>0'],
    'errors{scenario:data-subject-requests}': ['rate<=0.1'],
    'http_req_duration{scenario:data-subject-requests,expected_response:true}': ['p(95)<=2000'],
    'http_reqs{name:createComplianceRequest,expected_response:true}': ['count>0'],
    'errors{name:createComplianceRequest}': ['rate<=0.1'],
    'http_req_duration{name:createComplianceRequest,expected_response:true}': ['p(95)<=500'],
    'http_reqs{name:processComplianceRequest,expected_response:true}': ['count>0'],
    'errors{name:processComplianceRequest}': ['rate<=0.1'],
    'http_req_duration{name:processComplianceRequest,expected_response:true}': ['p(95)<=1000'],
  },
};

export function setup() {
  const unset = ['JIVS_PASSWORD'].filter((name) => !__ENV[name]);
  if (unset.length > 0) throw new Error(`not set in the environment: ${unset.join(', ')}`);
  // The logins: before the load, out of the measured traffic, one token for all virtual users.
  return {
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
    createComplianceRequest: {
      headers: { ...asAdmin, 'Content-Type': 'application/json' },
      tags: { name: 'createComplianceRequest' },
    },
    processComplianceRequest: { headers: asAdmin, tags: { name: 'processComplianceRequest' } },
  };
}

export const dataSubjectRequests = guarded((data) => {
  const n = exec.scenario.iterationInTest;
  const rowOfSubjects = subjects[n % subjects.length];
  let call, res, ok, requestId;

  call = calls.createComplianceRequest;
  res = http.post(
    `${BASE_URL}/api/v1/compliance/requests`,
    JSON.stringify({
      requestType: rowOfSubjects.request_type,
      regulation: rowOfSubjects.regulation,
      dataSubjectId: rowOfSubjects.subject_id,
      dataSubjectEmail: rowOfSubjects.email,
      requestDetails: rowOfSubjects.details,
      priority: 'MEDIUM',
    }),
    call,
  );
  requestId = json(res, 'data.id');
  ok = verify(call, {
    'createComplianceRequest answers 201': res.status === 201,
    'createComplianceRequest has $.data.id': requestId != null,
    'createComplianceRequest $.data.status is SUBMITTED': json(res, 'data.status') === 'SUBMITTED',
  });
  if (!ok) return;

  call = calls.processComplianceRequest;
  res = http.post(
    `${BASE_URL}/api/v1/compliance/requests/${encodeURIComponent(requestId)}/process`,
    null,
    call,
  );
  verify(call, { 'processComplianceRequest answers 202': res.status === 202 });

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
