// migration-load: Ramp to 50 users who create, validate and start migrations and follow them to the end
// From specs/profiles/migration-load.yaml and specs/jivs.openapi.yaml 1.0.0 (sha256:28f41dd04f2b). Do not edit.
//
//   JIVS_PASSWORD=… k6 run migration-load.js
//
// Environment: BASE_URL (default http://localhost:8080), SOURCE_PASSWORD (default source_pass),
//   TARGET_PASSWORD (default target_pass), JIVS_USERNAME (default admin), JIVS_PASSWORD (required).
// Exit code: 0 fine, 99 an SLO was missed, 107 the login was refused, a variable is not set or the script is
//   broken, 110 an exception in the script.
// Approximations:
// - proxies: where HTTP_PROXY or HTTPS_PROXY is set, k6 sends the load there (NO_PROXY excepts hosts)
import http from 'k6/http';
import { check, fail, sleep } from 'k6';
import exec from 'k6/execution';
import { Counter, Rate, Trend } from 'k6/metrics';

const BASE_URL = baseUrl(__ENV.BASE_URL || 'http://localhost:8080');

const migrationPhaseDuration = new Trend('migration_phase_duration', true);
const errors = new Rate('errors'); // one sample a call: was any of its checks false?
const samples = new Counter('samples'); // of metrics that have a limit: no samples is a miss

// Only a request without an answer has failed: a status is judged by the checks of its call.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

export const options = {
  scenarios: {
    'migration-lifecycle': {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: [
        { duration: '3m', target: 10 },
        { duration: '5m', target: 30 },
        { duration: '5m', target: 50 },
        { duration: '2m', target: 0 },
      ],
      gracefulRampDown: '1m10s',
      gracefulStop: '1m10s',
      exec: 'migrationLifecycle',
    },
  },
  maxRedirects: 0,
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{scenario:migration-lifecycle}': ['count>0'],
    'errors{scenario:migration-lifecycle}': ['rate<=0.01'],
    'http_reqs{name:createMigration,expected_response:true}': ['count>0'],
    'errors{name:createMigration}': ['rate<=0.01'],
    'http_req_duration{name:createMigration,expected_response:true}': ['p(95)<=1000', 'p(99)<=2000'],
    'http_reqs{name:validateMigration,expected_response:true}': ['count>0'],
    'errors{name:validateMigration}': ['rate<=0.01'],
    'http_req_duration{name:validateMigration,expected_response:true}': ['p(95)<=500', 'p(99)<=2000'],
    'http_reqs{name:startMigration,expected_response:true}': ['count>0'],
    'errors{name:startMigration}': ['rate<=0.01'],
    'http_req_duration{name:startMigration,expected_response:true}': ['p(95)<=1000', 'p(99)<=2000'],
    'http_reqs{name:getMigrationProgress,expected_response:true}': ['count>0'],
    'errors{name:getMigrationProgress}': ['rate<=0.01'],
    'http_req_duration{name:getMigrationProgress,expected_response:true}': ['p(95)<=100', 'p(99)<=2000'],
    'samples{of:migration_phase_duration}': ['count>0'],
    'migration_phase_duration': ['p(95)<=5000'],
    'samples{of:getMigrationProgress ends within 20 attempts}': ['count>0'],
    'checks{check:getMigrationProgress ends within 20 attempts}': ['rate>=1'],
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
    createMigration: {
      headers: { ...asAdmin, 'Content-Type': 'application/json' },
      tags: { name: 'createMigration' },
    },
    validateMigration: {
      headers: { ...asAdmin, 'Content-Type': 'application/json' },
      tags: { name: 'validateMigration' },
    },
    startMigration: { headers: asAdmin, tags: { name: 'startMigration' } },
    getMigrationProgress: { headers: asAdmin, tags: { name: 'getMigrationProgress' } },
  };
}

export const migrationLifecycle = guarded((data) => {
  const n = exec.scenario.iterationInTest;
  const unique = `${data.run}0${n.toString(36)}`;
  let call, res, ok, migrationId;

  call = calls.createMigration;
  res = http.post(
    `${BASE_URL}/api/v1/migrations`,
    JSON.stringify({
      name: `Load Test Migration ${unique}`,
      sourceConfig: {
        type: 'JDBC',
        url: 'jdbc:postgresql://source:5432/sourcedb',
        username: 'source_user',
        password: (__ENV.SOURCE_PASSWORD || 'source_pass'),
      },
      targetConfig: {
        type: 'JDBC',
        url: 'jdbc:postgresql://target:5432/targetdb',
        username: 'target_user',
        password: (__ENV.TARGET_PASSWORD || 'target_pass'),
      },
      transformationRules: [{ sourceField: 'id', targetField: 'customer_id', transformation: 'DIRECT' }],
    }),
    call,
  );
  migrationId = json(res, 'data.id');
  ok = verify(call, {
    'createMigration answers 201': res.status === 201,
    'createMigration has $.data.id': migrationId != null,
  });
  if (!ok) return sleep(1);

  call = calls.validateMigration;
  res = http.post(
    `${BASE_URL}/api/v1/migrations/validate`,
    JSON.stringify({
      name: `Load Test Migration ${unique}`,
      sourceConfig: {
        type: 'JDBC',
        url: 'jdbc:postgresql://source:5432/sourcedb',
        username: 'source_user',
        password: (__ENV.SOURCE_PASSWORD || 'source_pass'),
      },
      targetConfig: {
        type: 'JDBC',
        url: 'jdbc:postgresql://target:5432/targetdb',
        username: 'target_user',
        password: (__ENV.TARGET_PASSWORD || 'target_pass'),
      },
      transformationRules: [{ sourceField: 'id', targetField: 'customer_id', transformation: 'DIRECT' }],
    }),
    call,
  );
  verify(call, {
    'validateMigration answers 200': res.status === 200,
    'validateMigration $.data.valid is true': json(res, 'data.valid') === true,
  });

  sleep(1);

  // all seven phases
  const beganAllSevenPhases = Date.now();
  call = calls.startMigration;
  res = http.post(`${BASE_URL}/api/v1/migrations/${encodeURIComponent(migrationId)}/start`, null, call);
  verify(call, { 'startMigration answers 202': res.status === 202 });

  call = calls.getMigrationProgress;
  ok = false;
  let status;
  for (let attempt = 1; attempt <= 20 && !ok; attempt++) {
    if (attempt > 1) sleep(3);
    res = http.get(`${BASE_URL}/api/v1/migrations/${encodeURIComponent(migrationId)}/progress`, call);
    ok = verify(call, { 'getMigrationProgress answers 200': res.status === 200 });
    status = json(res, 'data.status');
    ok = ok && ['COMPLETED', 'FAILED'].includes(status);
  }
  ok = ok && status !== 'FAILED';
  check(null, { 'getMigrationProgress ends within 20 attempts': ok }, call.tags);
  sampled('getMigrationProgress ends within 20 attempts');
  migrationPhaseDuration.add(Date.now() - beganAllSevenPhases);
  sampled('migration_phase_duration');

  sleep(2);
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
