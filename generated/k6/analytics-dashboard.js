// analytics-dashboard: 20 viewers, most of whom look at dashboards while some read reports
// From specs/profiles/analytics-dashboard.yaml and specs/jivs.openapi.yaml 1.0.0 (sha256:b7efd942d885). Do not edit.
//
//   JIVS_VIEWER_PASSWORD=… k6 run analytics-dashboard.js
//
// Environment: BASE_URL (default http://localhost:8080), JIVS_VIEWER_USERNAME (default viewer),
//   JIVS_VIEWER_PASSWORD (required).
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
    mix: {
      executor: 'constant-vus',
      vus: 20,
      duration: '5m',
      exec: 'mix',
    },
  },
  maxRedirects: 0,
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    // a limit on nothing passes in k6, hence the counts
    'http_reqs{scenario:mix}': ['count>0'],
    'errors{scenario:mix}': ['rate<=0.01'],
    'http_reqs{name:getAnalyticsDashboard,expected_response:true}': ['count>0'],
    'errors{name:getAnalyticsDashboard}': ['rate<=0.01'],
    'http_req_duration{name:getAnalyticsDashboard,expected_response:true}': ['p(95)<=100'],
    'http_reqs{name:getDataQualityDashboard,expected_response:true}': ['count>0'],
    'errors{name:getDataQualityDashboard}': ['rate<=0.01'],
    'http_req_duration{name:getDataQualityDashboard,expected_response:true}': ['p(95)<=100'],
    'http_reqs{name:getComplianceDashboard,expected_response:true}': ['count>0'],
    'errors{name:getComplianceDashboard}': ['rate<=0.01'],
    'http_req_duration{name:getComplianceDashboard,expected_response:true}': ['p(95)<=100'],
    'http_reqs{name:getPerformanceAnalytics,expected_response:true}': ['count>0'],
    'errors{name:getPerformanceAnalytics}': ['rate<=0.01'],
    'http_req_duration{name:getPerformanceAnalytics,expected_response:true}': ['p(95)<=100'],
    'http_reqs{name:getExtractionAnalytics,expected_response:true}': ['count>0'],
    'errors{name:getExtractionAnalytics}': ['rate<=0.01'],
    'http_req_duration{name:getExtractionAnalytics,expected_response:true}': ['p(95)<=100'],
    'http_reqs{name:getMigrationAnalytics,expected_response:true}': ['count>0'],
    'errors{name:getMigrationAnalytics}': ['rate<=0.01'],
    'http_req_duration{name:getMigrationAnalytics,expected_response:true}': ['p(95)<=100'],
    'http_reqs{name:getUsageAnalytics,expected_response:true}': ['count>0'],
    'errors{name:getUsageAnalytics}': ['rate<=0.01'],
    'http_req_duration{name:getUsageAnalytics,expected_response:true}': ['p(95)<=100'],
    'http_reqs{name:listQualityReports,expected_response:true}': ['count>0'],
    'errors{name:listQualityReports}': ['rate<=0.01'],
    'http_req_duration{name:listQualityReports,expected_response:true}': ['p(95)<=300'],
  },
};

export function setup() {
  const unset = ['JIVS_VIEWER_PASSWORD'].filter((name) => !__ENV[name]);
  if (unset.length > 0) throw new Error(`not set in the environment: ${unset.join(', ')}`);
  // The logins: before the load, out of the measured traffic, one token for all virtual users.
  return {
    viewer: login1(),
  };
}

function login1() {
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
  calls = {
    getAnalyticsDashboard: { headers: asViewer, tags: { name: 'getAnalyticsDashboard' } },
    getDataQualityDashboard: { headers: asViewer, tags: { name: 'getDataQualityDashboard' } },
    getComplianceDashboard: { headers: asViewer, tags: { name: 'getComplianceDashboard' } },
    getPerformanceAnalytics: { headers: asViewer, tags: { name: 'getPerformanceAnalytics' } },
    getExtractionAnalytics: { headers: asViewer, tags: { name: 'getExtractionAnalytics' } },
    getMigrationAnalytics: { headers: asViewer, tags: { name: 'getMigrationAnalytics' } },
    getUsageAnalytics: { headers: asViewer, tags: { name: 'getUsageAnalytics' } },
    listQualityReports: { headers: asViewer, tags: { name: 'listQualityReports' } },
  };
}

export const mix = guarded((data) => {
  const n = exec.scenario.iterationInTest;
  let call, res;

  const slot = (n * 7) % 10; // by turns: exact shares
  if (slot < 7) { // dashboards
    call = calls.getAnalyticsDashboard;
    res = http.get(
      `${BASE_URL}/api/v1/analytics/dashboard?from=${encodeURIComponent(today(-30))}&to=${encodeURIComponent(today(0))}`,
      call,
    );
    verify(call, {
      'getAnalyticsDashboard answers 200': res.status === 200,
      'getAnalyticsDashboard has $.data.extractions.total': json(res, 'data.extractions.total') != null,
      'getAnalyticsDashboard has $.data.dataQuality.overallScore': json(res, 'data.dataQuality.overallScore') != null,
      'getAnalyticsDashboard has $.data.generatedAt': json(res, 'data.generatedAt') != null,
    });

    sleep(1);

    call = calls.getDataQualityDashboard;
    res = http.get(`${BASE_URL}/api/v1/data-quality/dashboard`, call);
    verify(call, {
      'getDataQualityDashboard answers 200': res.status === 200,
      'getDataQualityDashboard has $.data.overallScore': json(res, 'data.overallScore') != null,
    });

    call = calls.getComplianceDashboard;
    res = http.get(`${BASE_URL}/api/v1/compliance/dashboard`, call);
    verify(call, {
      'getComplianceDashboard answers 200': res.status === 200,
      'getComplianceDashboard has $.data.openRequests': json(res, 'data.openRequests') != null,
    });

    sleep(2 + Math.random() * 3);
  } else { // reports
    call = calls.getPerformanceAnalytics;
    res = http.get(
      `${BASE_URL}/api/v1/analytics/performance?from=${encodeURIComponent(today(-7))}&to=${encodeURIComponent(today(0))}`,
      call,
    );
    verify(call, {
      'getPerformanceAnalytics answers 200': res.status === 200,
      'getPerformanceAnalytics has $.data.requestsPerSecond': json(res, 'data.requestsPerSecond') != null,
    });

    sleep(1);

    const slot2 = ((n + Math.floor(n / 30)) * 5) % 6; // by turns: exact shares
    if (slot2 < 3) { // branch 1
      call = calls.getExtractionAnalytics;
      res = http.get(
        `${BASE_URL}/api/v1/analytics/extractions?from=${encodeURIComponent(today(-90))}&to=${encodeURIComponent(today(0))}`,
        call,
      );
      verify(call, {
        'getExtractionAnalytics answers 200': res.status === 200,
        'getExtractionAnalytics has $.data.totals.successRate': json(res, 'data.totals.successRate') != null,
      });
    } else if (slot2 < 5) { // branch 2
      call = calls.getMigrationAnalytics;
      res = http.get(
        `${BASE_URL}/api/v1/analytics/migrations?from=${encodeURIComponent(today(-90))}&to=${encodeURIComponent(today(0))}`,
        call,
      );
      verify(call, {
        'getMigrationAnalytics answers 200': res.status === 200,
        'getMigrationAnalytics has $.data.totals.successRate': json(res, 'data.totals.successRate') != null,
      });
    } else { // branch 3
      call = calls.getUsageAnalytics;
      res = http.get(`${BASE_URL}/api/v1/analytics/usage`, call);
      verify(call, {
        'getUsageAnalytics answers 200': res.status === 200,
        'getUsageAnalytics has $.data.apiCalls': json(res, 'data.apiCalls') != null,
      });
    }

    sleep(1);

    call = calls.listQualityReports;
    res = http.get(`${BASE_URL}/api/v1/data-quality/reports?page=0&size=20&sort=createdAt%2Cdesc`, call);
    verify(call, {
      'listQualityReports answers 200': res.status === 200,
      'listQualityReports has $.data.totalPages': json(res, 'data.totalPages') != null,
    });

    sleep(2 + Math.random() * 3);
  }
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

function today(days) {
  return new Date(Date.now() + days * 86400000).toISOString().slice(0, 10);
}
