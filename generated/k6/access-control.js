// access-control: Requests that have to be refused, at a steady rate
// From specs/profiles/access-control.yaml and specs/jivs.openapi.yaml 1.0.0 (sha256:f815521a3b35). Do not edit.
//
//   JIVS_PASSWORD=… JIVS_VIEWER_PASSWORD=… k6 run access-control.js
//
// Environment: BASE_URL (default http://localhost:8080), SOURCE_PASSWORD (default test), JIVS_USERNAME
//   (default admin), JIVS_PASSWORD (required), JIVS_VIEWER_USERNAME (default viewer), JIVS_VIEWER_PASSWORD
//   (required).
// Exit code: 0 fine, 99 an SLO was missed, 107 the login was refused, a variable is not set or the script is
//   broken, 110 an exception in the script.
// Approximations:
// - proxies: where HTTP_PROXY or HTTPS_PROXY is set, k6 sends the load there (NO_PROXY excepts hosts)
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
    refusals: {
      executor: 'constant-arrival-rate',
      rate: 5,
      timeUnit: '1s',
      duration: '2m',
      preAllocatedVUs: 5,
      maxVUs: 20,
      exec: 'refusals',
    },
  },
  maxRedirects: 0,
  noVUConnectionReuse: true, // an arrival is a new user
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{scenario:refusals}': ['count>0'],
    'errors{scenario:refusals}': ['rate<=0.01'],
    'http_reqs{name:create without a token,expected_response:true}': ['count>0'],
    'errors{name:create without a token}': ['rate<=0.01'],
    'http_req_duration{name:create without a token,expected_response:true}': ['p(95)<=500'],
    'http_reqs{name:create as viewer,expected_response:true}': ['count>0'],
    'errors{name:create as viewer}': ['rate<=0.01'],
    'http_req_duration{name:create as viewer,expected_response:true}': ['p(95)<=500'],
    'http_reqs{name:create with a bad source type,expected_response:true}': ['count>0'],
    'errors{name:create with a bad source type}': ['rate<=0.01'],
    'http_req_duration{name:create with a bad source type,expected_response:true}': ['p(95)<=500'],
    'http_reqs{name:read what does not exist,expected_response:true}': ['count>0'],
    'errors{name:read what does not exist}': ['rate<=0.01'],
    'http_req_duration{name:read what does not exist,expected_response:true}': ['p(95)<=100'],
    'http_reqs{name:list as viewer,expected_response:true}': ['count>0'],
    'errors{name:list as viewer}': ['rate<=0.01'],
    'http_req_duration{name:list as viewer,expected_response:true}': ['p(95)<=300'],
  },
};

export function setup() {
  const unset = ['JIVS_PASSWORD', 'JIVS_VIEWER_PASSWORD'].filter((name) => !__ENV[name]);
  if (unset.length > 0) throw new Error(`not set in the environment: ${unset.join(', ')}`);
  // The logins: before the load, out of the measured traffic, one token for all virtual users.
  return {
    run: Date.now().toString(36).slice(-8),
    admin: login1(),
    viewer: login2(),
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

function login2() {
  const res = http.request('POST', `${BASE_URL}/api/v1/auth/login`, JSON.stringify({ username: (__ENV.JIVS_VIEWER_USERNAME || 'viewer'), password: __ENV.JIVS_VIEWER_PASSWORD }), {
    headers: { 'Content-Type': 'application/json' },
    tags: { name: 'login as viewer' },
  });
  const token = [200].includes(res.status) ? json(res, 'accessToken') : undefined;
  if (!token) fail(`login as viewer: ${res.status || res.error}, no $.accessToken`);
  return token;
}

let calls; // headers and tags of each call: made once by each virtual user
function prepare(data) {
  const asViewer = { Authorization: `Bearer ${data.viewer}` };
  const asAdmin = { Authorization: `Bearer ${data.admin}` };
  calls = {
    createWithoutAToken: { headers: { 'Content-Type': 'application/json' }, tags: { name: 'create without a token' } },
    createAsViewer: {
      headers: { ...asViewer, 'Content-Type': 'application/json' },
      tags: { name: 'create as viewer' },
    },
    createWithABadSourceType: {
      headers: { ...asAdmin, 'Content-Type': 'application/json' },
      tags: { name: 'create with a bad source type' },
    },
    readWhatDoesNotExist: { headers: asAdmin, tags: { name: 'read what does not exist' } },
    listAsViewer: { headers: asViewer, tags: { name: 'list as viewer' } },
  };
}

export const refusals = guarded((data) => {
  const n = exec.scenario.iterationInTest;
  const unique = `${data.run}0${n.toString(36)}`;
  let call, res;

  call = calls.createWithoutAToken;
  res = http.post(
    `${BASE_URL}/api/v1/extractions`,
    JSON.stringify({
      name: `Access Test ${unique}`,
      sourceType: 'JDBC',
      connectionConfig: {
        url: 'jdbc:postgresql://localhost:5432/testdb',
        username: 'test',
        password: (__ENV.SOURCE_PASSWORD || 'test'),
      },
    }),
    call,
  );
  verify(call, { 'create without a token answers 401': res.status === 401 });

  call = calls.createAsViewer;
  res = http.post(
    `${BASE_URL}/api/v1/extractions`,
    JSON.stringify({
      name: `Access Test ${unique}`,
      sourceType: 'JDBC',
      connectionConfig: {
        url: 'jdbc:postgresql://localhost:5432/testdb',
        username: 'test',
        password: (__ENV.SOURCE_PASSWORD || 'test'),
      },
    }),
    call,
  );
  verify(call, {
    'create as viewer answers 403': res.status === 403,
    'create as viewer $.status is 403': json(res, 'status') === 403,
  });

  call = calls.createWithABadSourceType;
  res = http.post(
    `${BASE_URL}/api/v1/extractions`,
    JSON.stringify({
      name: `Access Test ${unique}`,
      sourceType: 'INVALID_TYPE',
      connectionConfig: {
        url: 'jdbc:postgresql://localhost:5432/testdb',
        username: 'test',
        password: (__ENV.SOURCE_PASSWORD || 'test'),
      },
    }),
    call,
  );
  verify(call, {
    'create with a bad source type answers 400': res.status === 400,
    'create with a bad source type has $.message': json(res, 'message') != null,
    'create with a bad source type $.status is 400': json(res, 'status') === 400,
  });

  call = calls.readWhatDoesNotExist;
  res = http.get(`${BASE_URL}/api/v1/extractions/999999999999`, call);
  verify(call, { 'read what does not exist answers 404': res.status === 404 });

  call = calls.listAsViewer;
  res = http.get(`${BASE_URL}/api/v1/extractions?page=0&size=20`, call);
  verify(call, { 'list as viewer answers 200': res.status === 200 });
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
