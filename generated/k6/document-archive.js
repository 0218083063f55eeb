// document-archive: Upload documents, archive them and read them back
// From specs/profiles/document-archive.yaml and specs/jivs.openapi.yaml 1.0.0 (sha256:aac0d5a77dfb). Do not edit.
//
//   JIVS_PASSWORD=… k6 run document-archive.js
//
// Environment: BASE_URL (default http://localhost:8080), JIVS_USERNAME (default admin), JIVS_PASSWORD
//   (required).
// Exit code: 0 fine, 99 an SLO was missed, 107 the login was refused, a variable is not set or the script is
//   broken, 110 an exception in the script.
// Approximations:
// - proxies: where HTTP_PROXY or HTTPS_PROXY is set, k6 sends the load there (NO_PROXY excepts hosts)
import http from 'k6/http';
import { check, fail, sleep } from 'k6';
import encoding from 'k6/encoding';
import exec from 'k6/execution';
import { Counter, Rate, Trend } from 'k6/metrics';

const BASE_URL = baseUrl(__ENV.BASE_URL || 'http://localhost:8080');

const archivingTime = new Trend('archiving_time', true);
const errors = new Rate('errors'); // one sample a call: was any of its checks false?
const samples = new Counter('samples'); // of metrics that have a limit: no samples is a miss
const invoicePdf = open('./invoice.pdf', 'b');

// Only a request without an answer has failed: a status is judged by the checks of its call.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }));

export const options = {
  scenarios: {
    archive: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: [
        { duration: '1m', target: 10 },
        { duration: '3m', target: 10 },
        { duration: '1m', target: 0 },
      ],
      exec: 'archive',
    },
  },
  maxRedirects: 0,
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{name:uploadDocument,expected_response:true}': ['count>0'],
    'errors{name:uploadDocument}': ['rate<=0.01'],
    'http_req_duration{name:uploadDocument,expected_response:true}': ['p(95)<=2000', 'p(99)<=5000'],
    'http_reqs{name:archiveDocument,expected_response:true}': ['count>0'],
    'errors{name:archiveDocument}': ['rate<=0.01'],
    'http_req_duration{name:archiveDocument,expected_response:true}': ['p(95)<=500'],
    'http_reqs{name:getDocument,expected_response:true}': ['count>0'],
    'errors{name:getDocument}': ['rate<=0.01'],
    'http_req_duration{name:getDocument,expected_response:true}': ['p(95)<=500'],
    'http_reqs{name:downloadDocument,expected_response:true}': ['count>0'],
    'errors{name:downloadDocument}': ['rate<=0.01'],
    'http_req_duration{name:downloadDocument,expected_response:true}': ['p(95)<=1000'],
    'http_reqs{name:deleteDocument,expected_response:true}': ['count>0'],
    'errors{name:deleteDocument}': ['rate<=0.01'],
    'http_req_duration{name:deleteDocument,expected_response:true}': ['p(95)<=500'],
    'samples{of:archiving_time}': ['count>0'],
    'archiving_time': ['p(95)<=5000'],
    'samples{of:getDocument ends within 10 attempts}': ['count>0'],
    'checks{check:getDocument ends within 10 attempts}': ['rate>=1'],
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
    archiveDocument: { headers: asAdmin, tags: { name: 'archiveDocument' } },
    getDocument: { headers: asAdmin, tags: { name: 'getDocument' } },
    downloadDocument: { headers: asAdmin, tags: { name: 'downloadDocument' } },
    deleteDocument: { headers: asAdmin, tags: { name: 'deleteDocument' } },
  };
}

export const archive = guarded((data) => {
  const n = exec.scenario.iterationInTest;
  const unique = `${data.run}0${n.toString(36)}`;
  let form, call, res, ok, documentId;

  form = multipart([
    ['title', 'text/plain; charset=UTF-8', `Invoice ${unique}`],
    ['tags', 'text/plain; charset=UTF-8', 'load-test'],
    ['tags', 'text/plain; charset=UTF-8', 'invoice'],
    ['file', 'application/pdf', invoicePdf, 'invoice.pdf'],
  ]);
  call = {
    headers: { Authorization: `Bearer ${data.admin}`, 'Content-Type': form.type },
    tags: { name: 'uploadDocument' },
  };
  res = http.post(`${BASE_URL}/api/v1/documents`, form.body, call);
  documentId = json(res, 'data.id');
  ok = verify(call, {
    'uploadDocument answers 201': res.status === 201,
    'uploadDocument has $.data.id': documentId != null,
    'uploadDocument $.data.status is ACTIVE': json(res, 'data.status') === 'ACTIVE',
  });
  if (!ok) return sleep(1);

  sleep(1);

  call = calls.archiveDocument;
  res = http.post(`${BASE_URL}/api/v1/documents/${encodeURIComponent(documentId)}/archive`, null, call);
  verify(call, { 'archiveDocument answers 202': res.status === 202 });

  const beganGetDocumentEndsWithin10Attempts = Date.now();
  call = calls.getDocument;
  ok = false;
  for (let attempt = 1; attempt <= 10 && !ok; attempt++) {
    if (attempt > 1) sleep(0.5);
    res = http.get(`${BASE_URL}/api/v1/documents/${encodeURIComponent(documentId)}`, call);
    ok = verify(call, { 'getDocument answers 200': res.status === 200 });
    ok = ok && json(res, 'data.status') === 'ARCHIVED';
  }
  if (ok) {
    archivingTime.add(Date.now() - beganGetDocumentEndsWithin10Attempts);
    sampled('archiving_time');
  }
  check(null, { 'getDocument ends within 10 attempts': ok }, call.tags);
  sampled('getDocument ends within 10 attempts');

  call = calls.downloadDocument;
  res = http.get(`${BASE_URL}/api/v1/documents/${encodeURIComponent(documentId)}/content`, call);
  verify(call, { 'downloadDocument answers 200': res.status === 200 });

  call = calls.deleteDocument;
  res = http.del(`${BASE_URL}/api/v1/documents/${encodeURIComponent(documentId)}`, null, call);
  verify(call, { 'deleteDocument answers 204': res.status === 204 });

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

// RFC 7578, part by part: k6's own forms have no order, and no types for fields. The boundary is new in each request.
function multipart(parts) {
  const boundary = `jivsgen-${crypto.randomUUID()}`;
  const pieces = parts.flatMap(([name, type, content, file]) => [
    utf8(`--${boundary}\r\nContent-Disposition: form-data; name="${name.replace(/["\\]/g, '\\$&')}"`),
    utf8(`${file ? `; filename="${file}"` : ''}\r\nContent-Type: ${type}\r\n\r\n`),
    typeof content === 'string' ? utf8(content) : new Uint8Array(content),
    utf8('\r\n'),
  ]);
  pieces.push(utf8(`--${boundary}--\r\n`));
  const body = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  pieces.reduce((at, piece) => (body.set(piece, at), at + piece.length), 0);
  return { body: body.buffer, type: `multipart/form-data; boundary=${boundary}` };
}

function utf8(text) {
  return new Uint8Array(encoding.b64decode(encoding.b64encode(text)));
}
