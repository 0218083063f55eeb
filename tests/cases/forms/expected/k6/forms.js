// forms: Forms that are not plain
// From tests/cases/forms/profile.yaml and tests/cases/forms/spec.yaml 1.0.0 (sha256:fe03be330ae7). Do not edit.
//
//   k6 run forms.js
//
// Environment: BASE_URL (default http://localhost:8080).
// Exit code: 0 fine, 99 an SLO was missed, 107 the login was refused, a variable is not set or the script is
//   broken, 110 an exception in the script.
// Approximations:
// - proxies: where HTTP_PROXY or HTTPS_PROXY is set, k6 sends the load there (NO_PROXY excepts hosts)
import http from 'k6/http';
import { check } from 'k6';
import exec from 'k6/execution';
import { Rate } from 'k6/metrics';

const BASE_URL = baseUrl(__ENV.BASE_URL || 'http://localhost:8080');

const errors = new Rate('errors'); // one sample a call: was any of its checks false?

// Only a request without an answer has failed: a status is judged by the checks of its call.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

export const options = {
  scenarios: {
    search: {
      executor: 'per-vu-iterations',
      vus: 2,
      iterations: 3,
      maxDuration: '10m',
      exec: 'search',
    },
  },
  maxRedirects: 0,
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{name:search,expected_response:true}': ['count>0'],
    'errors{name:search}': ['rate<=0'],
    'http_req_duration{name:search,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:least,expected_response:true}': ['count>0'],
    'errors{name:least}': ['rate<=0'],
    'http_req_duration{name:least,expected_response:true}': ['p(95)<=1000'],
  },
};

export function setup() {
  return {
    run: Date.now().toString(36).slice(-8),
  };
}

let calls; // headers and tags of each call: made once by each virtual user
function prepare(data) {
  calls = {
    search: { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, tags: { name: 'search' } },
    least: { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, tags: { name: 'least' } },
  };
}

export const search = guarded((data) => {
  const n = exec.scenario.iterationInTest;
  const unique = `${data.run}0${n.toString(36)}`;
  let call, res;

  call = calls.search;
  res = http.post(
    `${BASE_URL}/searches`,
    `text=a%26b%3Dc%20${encodeURIComponent(unique)}%20%C3%BC%20%2520%20%2B&tags=one%20two&tags=${encodeURIComponent(unique)}&ids=1,2&range[from]=1&range[to]=${encodeURIComponent(randomInt(2, 9))}&place=%7B%22city%22%3A%20%22Z%C3%BCrich%20%5C%22West%5C%22%22%2C%20%22zip%22%3A%20%22${encodeURIComponent(unique)}%22%7D&by=date&down=true`,
    call,
  );
  verify(call, { 'search answers 200': res.status === 200 });

  call = calls.least;
  res = http.post(`${BASE_URL}/searches`, 'text=x', call);
  verify(call, { 'least answers 200': res.status === 200 });
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

function randomInt(low, high) {
  return low + Math.floor(Math.random() * (high - low + 1));
}
