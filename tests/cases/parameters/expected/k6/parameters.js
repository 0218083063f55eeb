// parameters: Every style of a parameter, with values that only a run knows
// From tests/cases/parameters/profile.yaml and tests/cases/parameters/spec.yaml 1.0 (sha256:459c2cba2838). Do not edit.
//
//   k6 run parameters.js
//
// Environment: BASE_URL (default http://localhost:8080).
// Exit code: 0 fine, 99 an SLO was missed, 107 the login was refused, a variable is not set or the script is
//   broken, 110 an exception in the script.
// Approximations:
// - proxies: where HTTP_PROXY or HTTPS_PROXY is set, k6 sends the load there (NO_PROXY excepts hosts)
import http from 'k6/http';
import { check, sleep } from 'k6';
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import { Rate } from 'k6/metrics';

const BASE_URL = baseUrl(__ENV.BASE_URL || 'http://localhost:8080');

const errors = new Rate('errors'); // one sample a call: was any of its checks false?
const words = new SharedArray('words', () => rows(open('./words.csv')));

// Only a request without an answer has failed: a status is judged by the checks of its call.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

export const options = {
  scenarios: {
    ask: {
      executor: 'per-vu-iterations',
      vus: 2,
      iterations: 2,
      maxDuration: '10m',
      exec: 'ask',
    },
  },
  maxRedirects: 0,
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{name:cookies,expected_response:true}': ['count>0'],
    'errors{name:cookies}': ['rate<=0'],
    'http_req_duration{name:cookies,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:simplePaths,expected_response:true}': ['count>0'],
    'errors{name:simplePaths}': ['rate<=0'],
    'http_req_duration{name:simplePaths,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:labels,expected_response:true}': ['count>0'],
    'errors{name:labels}': ['rate<=0'],
    'http_req_duration{name:labels,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:matrices,expected_response:true}': ['count>0'],
    'errors{name:matrices}': ['rate<=0'],
    'http_req_duration{name:matrices,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:queries,expected_response:true}': ['count>0'],
    'errors{name:queries}': ['rate<=0'],
    'http_req_duration{name:queries,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:headers,expected_response:true}': ['count>0'],
    'errors{name:headers}': ['rate<=0'],
    'http_req_duration{name:headers,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:cookies again,expected_response:true}': ['count>0'],
    'errors{name:cookies again}': ['rate<=0'],
    'http_req_duration{name:cookies again,expected_response:true}': ['p(95)<=1000'],
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
    simplePaths: { tags: { name: 'simplePaths' } },
    labels: { tags: { name: 'labels' } },
    matrices: { tags: { name: 'matrices' } },
    queries: { tags: { name: 'queries' } },
  };
}

export const ask = guarded((data) => {
  const n = exec.scenario.iterationInTest;
  const unique = `${data.run}0${n.toString(36)}`;
  const rowOfWords = words[n % words.length];
  let call, res, ok, id;

  call = {
    headers: {
      Cookie: `session=${cookieText(unique)}; list=red,${cookieText(rowOfWords.word)}; many=a%20b; many=c%3Bd; object=x,1,y,${cookieText(rowOfWords.word)}; theme=dark`,
    },
    tags: { name: 'cookies' },
  };
  res = http.get(`${BASE_URL}/cookies`, call);
  id = json(res, 'id');
  ok = verify(call, { 'cookies answers 200': res.status === 200, 'cookies has $.id': id != null });
  if (!ok) return sleep(1);

  call = calls.simplePaths;
  res = http.get(
    `${BASE_URL}/simple/${encodeURIComponent(id)}/red,a%2Cb%2Fc/x,1,y,${encodeURIComponent(id)}/x=1,y=%C3%A9%3D1`,
    call,
  );
  verify(call, { 'simplePaths answers 200': res.status === 200 });

  call = calls.labels;
  res = http.get(
    `${BASE_URL}/label/.7/.red,${encodeURIComponent(rowOfWords.word)}/.red.${encodeURIComponent(rowOfWords.word)}/.x,1,y,b/.x=1.y=${encodeURIComponent(id)}`,
    call,
  );
  verify(call, { 'labels answers 200': res.status === 200 });

  call = calls.matrices;
  res = http.get(
    `${BASE_URL}/matrix/;one=true/;list=red,${encodeURIComponent(rowOfWords.word)}/;spreadList=red;spreadList=${encodeURIComponent(rowOfWords.word)}/;object=x,1,y,b/;x=1;y=${encodeURIComponent(id)}`,
    call,
  );
  verify(call, { 'matrices answers 200': res.status === 200 });

  call = calls.queries;
  res = http.get(
    `${BASE_URL}/query?one=${encodeURIComponent(rowOfWords.word)}&list=red&list=${encodeURIComponent(rowOfWords.word)}&joined=red,a%2Cb&spaced=red%20${encodeURIComponent(id)}&piped=red%7C${encodeURIComponent(id)}&object=x,1,y,${encodeURIComponent(rowOfWords.word)}&deep[x]=1&deep[y]=${encodeURIComponent(rowOfWords.word)}&reserved=/a/b?c=d%26e%2Bf%23g&empty=&filter=%7B%22about%22%3A%22${encodeURIComponent(JSON.stringify(String(rowOfWords.word)).slice(1, -1))}%2F${encodeURIComponent(JSON.stringify(String(id)).slice(1, -1))}%22%2C%22name%22%3A%22Load%20%5C%22Test%5C%22%20${encodeURIComponent(unique)}%22%2C%22tags%22%3A%5B%22a%22%2C%22${encodeURIComponent(randomString(4))}%22%5D%2C%22most%22%3A${encodeURIComponent(randomInt(1, 9))}%7D&width=3`,
    call,
  );
  verify(call, { 'queries answers 200': res.status === 200 });

  call = {
    headers: {
      'X-One': headerText(String(id)),
      'X-List': headerText(`red,${id}`),
      'X-Object': headerText(`x,1,y,${id}`),
      'X-Spread': 'x=1,y=b',
    },
    tags: { name: 'headers' },
  };
  res = http.get(`${BASE_URL}/headers`, call);
  verify(call, { 'headers answers 200': res.status === 200 });

  call = {
    headers: { Cookie: `session=${cookieText(id)}; list=red; many=blue; object=x,1,y,b; debug=1` },
    tags: { name: 'cookies again' },
  };
  res = http.get(`${BASE_URL}/cookies`, call);
  verify(call, { 'cookies again answers 200': res.status === 200 });
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

// What could end a header is left out.
function headerText(text) {
  return String(text).replace(/[\0-\x08\n-\x1f\x7f]/g, '');
}

// What cannot stand in a cookie is percent-encoded (RFC 6265 section 4.1.1).
// In hex, since `-[` within brackets is a subtraction to k6.
function cookieText(value) {
  return String(value).replace(/[^!#$&-+\x2d-\x3a\x3c-\x5b\x5d-\x7e]+/g, encodeURIComponent);
}

function randomInt(low, high) {
  return low + Math.floor(Math.random() * (high - low + 1));
}

function randomString(length) {
  return Array.from({ length }, () => Math.floor(Math.random() * 36).toString(36)).join('');
}
