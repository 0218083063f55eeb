// data-quality: 50 users who create a quality rule, execute it and look at what it found
// From specs/profiles/data-quality.yaml and specs/jivs.openapi.yaml 1.0.0 (sha256:677ec7cf1b33). Do not edit.
//
//   JIVS_PASSWORD=… k6 run data-quality.js
//
// Environment: BASE_URL (default http://localhost:8080), JIVS_USERNAME (default admin), JIVS_PASSWORD
//   (required).
// Exit code: 0 fine, 99 an SLO was missed, 107 the login was refused, a variable is not set or the script is
//   broken, 110 an exception in the script.
// Approximations:
// - proxies: where HTTP_PROXY or HTTPS_PROXY is set, k6 sends the load there (NO_PROXY excepts hosts)
import http from 'k6/http';
import { check, fail, sleep } from 'k6';
import exec from 'k6/execution';
import { Rate } from 'k6/metrics';

const BASE_URL = baseUrl(__ENV.BASE_URL || 'http://localhost:8080');

const errors = new Rate('errors'); // one sample a call: was any of its checks false?

// Only a request without an answer has failed: a status is judged by the checks of its call.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

export const options = {
  scenarios: {
    'quality-rules': {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: [
        { duration: '1m', target: 50 },
        { duration: '4m', target: 50 },
      ],
      exec: 'qualityRules',
    },
  },
  maxRedirects: 0,
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{scenario:quality-rules}': ['count>0'],
    'errors{scenario:quality-rules}': ['rate<=0.01'],
    'http_reqs{name:createQualityRule,expected_response:true}': ['count>0'],
    'errors{name:createQualityRule}': ['rate<=0.01'],
    'http_req_duration{name:createQualityRule,expected_response:true}': ['p(95)<=500'],
    'http_reqs{name:executeQualityRule,expected_response:true}': ['count>0'],
    'errors{name:executeQualityRule}': ['rate<=0.01'],
    'http_req_duration{name:executeQualityRule,expected_response:true}': ['p(95)<=500'],
    'http_reqs{name:listQualityIssues,expected_response:true}': ['count>0'],
    'errors{name:listQualityIssues}': ['rate<=0.01'],
    'http_req_duration{name:listQualityIssues,expected_response:true}': ['p(95)<=300'],
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
    createQualityRule: {
      headers: { ...asAdmin, 'Content-Type': 'application/json' },
      tags: { name: 'createQualityRule' },
    },
    executeQualityRule: { headers: asAdmin, tags: { name: 'executeQualityRule' } },
    listQualityIssues: { headers: asAdmin, tags: { name: 'listQualityIssues' } },
  };
}

export const qualityRules = guarded((data) => {
  const n = exec.scenario.iterationInTest;
  const unique = `${data.run}0${n.toString(36)}`;
  let call, res, ok, ruleId;

  call = calls.createQualityRule;
  res = http.post(
    `${BASE_URL}/api/v1/data-quality/rules`,
    JSON.stringify({
      name: `Completeness Check ${unique}`,
      dimension: 'COMPLETENESS',
      severity: 'HIGH',
      ruleExpression: 'column IS NOT NULL',
      enabled: true,
    }),
    call,
  );
  ruleId = json(res, 'data.id');
  ok = verify(call, {
    'createQualityRule answers 201': res.status === 201,
    'createQualityRule has $.data.id': ruleId != null,
    'createQualityRule within 500 ms': res.timings.duration <= 500,
  });
  if (!ok) return sleep(1);

  call = calls.executeQualityRule;
  res = http.post(`${BASE_URL}/api/v1/data-quality/rules/${encodeURIComponent(ruleId)}/execute`, null, call);
  verify(call, {
    'executeQualityRule answers 200 or 201': [200, 201].includes(res.status),
    'executeQualityRule within 500 ms': res.timings.duration <= 500,
  });

  call = calls.listQualityIssues;
  res = http.get(
    `${BASE_URL}/api/v1/data-quality/issues?ruleId=${encodeURIComponent(ruleId)}&page=0&size=20`,
    call,
  );
  verify(call, {
    'listQualityIssues answers 200': res.status === 200,
    'listQualityIssues has $.data.content': json(res, 'data.content') != null,
    'listQualityIssues has $.data.totalElements': json(res, 'data.totalElements') != null,
    'listQualityIssues within 500 ms': res.timings.duration <= 500,
  });
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
