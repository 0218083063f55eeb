// values: Every kind of value
// From tests/cases/values/profile.yaml and tests/cases/values/spec.yaml 1.0.0 (sha256:e69c6aa57cc0). Do not edit.
//
//   PASSWORD=… k6 run values.js
//
// Environment: BASE_URL (default http://localhost:8080), TENANT (default acme), TITLE (default none), PASSWORD
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
    read: {
      executor: 'constant-vus',
      vus: 2,
      duration: '30s',
      exec: 'read',
    },
  },
  maxRedirects: 0,
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{name:a}': ['count>0'],
    'errors{name:a}': ['rate<=0'],
    'http_reqs{name:b}': ['count>0'],
    'errors{name:b}': ['rate<=0'],
    'http_reqs{name:c}': ['count>0'],
    'errors{name:c}': ['rate<=0'],
    'http_reqs{name:d}': ['count>0'],
    'errors{name:d}': ['rate<=0'],
    'http_reqs{name:listBooks}': ['count>0'],
    'errors{name:listBooks}': ['rate<=0'],
  },
};

export function setup() {
  const unset = ['PASSWORD'].filter((name) => !__ENV[name]);
  if (unset.length > 0) throw new Error(`not set in the environment: ${unset.join(', ')}`);
  // The logins: before the load, out of the measured traffic, one token for all virtual users.
  return {
    reader: login1(),
  };
}

function login1() {
  const res = http.request('POST', `${BASE_URL}/login`, JSON.stringify({ password: __ENV.PASSWORD }), {
    headers: {
      'X-Request-Id': crypto.randomUUID(),
      'X-Tenant': headerText((__ENV.TENANT || 'acme')),
      'Content-Type': 'application/json',
    },
    tags: { name: 'login as reader' },
  });
  const token = [200].includes(res.status) ? json(res, 'token') : undefined;
  if (!token) fail(`login as reader: ${res.status || res.error}, no $.token`);
  return token;
}

export const read = guarded((data) => {
  let call, res;

  call = {
    headers: {
      'X-Request-Id': crypto.randomUUID(),
      'X-Tenant': headerText((__ENV.TENANT || 'acme')),
      Authorization: `Bearer ${data.reader}`,
      'Content-Type': 'application/json',
    },
    tags: { name: 'a' },
  };
  res = http.post(
    `${BASE_URL}/books`,
    JSON.stringify({ title: `${exec.vu.idInTest}/${exec.vu.iterationInScenario} \${x} ${(__ENV.TITLE || 'none')}` }),
    call,
  );
  verify(call, { 'a answers 201': res.status === 201 });

  call = {
    headers: {
      'X-Request-Id': crypto.randomUUID(),
      'X-Tenant': headerText((__ENV.TENANT || 'acme')),
      Authorization: `Bearer ${data.reader}`,
      'Content-Type': 'application/json',
    },
    tags: { name: 'b' },
  };
  res = http.post(`${BASE_URL}/books`, JSON.stringify({ title: crypto.randomUUID() }), call);
  verify(call, { 'b answers 201': res.status === 201 });

  call = {
    headers: {
      'X-Request-Id': crypto.randomUUID(),
      'X-Tenant': headerText((__ENV.TENANT || 'acme')),
      Authorization: `Bearer ${data.reader}`,
      'Content-Type': 'application/json',
    },
    tags: { name: 'c' },
  };
  res = http.post(
    `${BASE_URL}/books`,
    JSON.stringify({ title: `${randomString(8)} ${pick('a', 'b')}`, shelf: pick('READ', 'UNREAD') }),
    call,
  );
  verify(call, { 'c answers 201': res.status === 201 });

  call = {
    headers: {
      'X-Request-Id': crypto.randomUUID(),
      'X-Tenant': headerText((__ENV.TENANT || 'acme')),
      Authorization: `Bearer ${data.reader}`,
      'Content-Type': 'application/json',
    },
    tags: { name: 'd' },
  };
  res = http.post(
    `${BASE_URL}/books`,
    JSON.stringify({ title: `${new Date().toISOString()} ${today(-30)}` }),
    call,
  );
  verify(call, { 'd answers 201': res.status === 201 });

  call = {
    headers: {
      'X-Request-Id': crypto.randomUUID(),
      'X-Tenant': headerText((__ENV.TENANT || 'acme')),
      Authorization: `Bearer ${data.reader}`,
    },
    tags: { name: 'listBooks' },
  };
  res = http.get(`${BASE_URL}/books?page=${encodeURIComponent(randomInt(0, 9))}`, call);
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

// What could end a header is left out.
function headerText(text) {
  return String(text).replace(/[\0-\x08\n-\x1f\x7f]/g, '');
}

function randomInt(low, high) {
  return low + Math.floor(Math.random() * (high - low + 1));
}

function randomString(length) {
  return Array.from({ length }, () => Math.floor(Math.random() * 36).toString(36)).join('');
}

function pick(...choices) {
  return choices[Math.floor(Math.random() * choices.length)];
}

function today(days) {
  return new Date(Date.now() + days * 86400000).toISOString().slice(0, 10);
}
