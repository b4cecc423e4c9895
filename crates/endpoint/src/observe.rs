//! Metrics in Prometheus's format. Labels are bounded: surface, method, route template, status class.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{Counter, Histogram, counter, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Upper bounds of the histogram of request durations, in seconds.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Starts recording; once per process, however many servers it runs.
fn recorder() -> Option<&'static PrometheusHandle> {
    RECORDER
        .get_or_init(|| {
            let builder = PrometheusBuilder::new().set_buckets(&BUCKETS).ok()?;
            builder.install_recorder().ok()
        })
        .as_ref()
}

/// The body of `/metrics`.
pub fn render() -> String {
    recorder()
        .map(|recorder| {
            recorder.run_upkeep();
            recorder.render()
        })
        .unwrap_or_default()
}

/// Forgets raw samples that no scrape has fetched; call it every few seconds.
pub fn upkeep() {
    if let Some(recorder) = recorder() {
        recorder.run_upkeep();
    }
}

/// Counts the requests of one surface.
pub struct Requests {
    surface: &'static str,
    series: RwLock<HashMap<Series, Arc<Handles>>>,
}

/// A route has few methods and few status classes, so the map stays small.
#[derive(PartialEq, Eq, Hash)]
struct Series {
    route: Box<str>,
    method: &'static str,
    class: u16,
}

struct Handles {
    count: Counter,
    duration: Histogram,
}

impl Requests {
    /// A counter of the requests of `surface`.
    pub fn of(surface: &'static str) -> Self {
        recorder();
        Self { surface, series: RwLock::default() }
    }

    /// Counts a request to the route template `route` that took `elapsed`.
    pub fn count(&self, method: &Method, route: &str, status: StatusCode, elapsed: Duration) {
        let series = Series { route: route.into(), method: known(method), class: status.as_u16() / 100 };
        let known = self.series.read().unwrap_or_else(PoisonError::into_inner).get(&series).map(Arc::clone);
        let handles = known.unwrap_or_else(|| self.register(series));
        handles.count.increment(1);
        handles.duration.record(elapsed);
    }

    fn register(&self, series: Series) -> Arc<Handles> {
        let labels = [
            ("surface", self.surface.to_owned()),
            ("method", series.method.to_owned()),
            ("route", series.route.to_string()),
            ("status", format!("{}xx", series.class)),
        ];
        let handles = Arc::new(Handles {
            count: counter!("ferrum_http_requests_total", &labels),
            duration: histogram!("ferrum_http_request_duration_seconds", &labels),
        });
        self.series.write().unwrap_or_else(PoisonError::into_inner).insert(series, Arc::clone(&handles));
        handles
    }
}

/// Clients can invent methods; labels must not follow them.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_and_class() {
        let requests = Requests::of("test");
        for _ in 0..3 {
            requests.count(&Method::GET, "/lifts/{id}", StatusCode::NOT_FOUND, Duration::from_millis(2));
        }
        let text = render();
        let line = text
            .lines()
            .find(|l| l.starts_with("ferrum_http_requests_total") && l.contains("surface=\"test\""));
        let line = line.unwrap();
        assert!(
            line.contains("route=\"/lifts/{id}\"") && line.contains("status=\"4xx\"") && line.ends_with(" 3"),
            "{line}"
        );
        assert!(text.contains("ferrum_http_request_duration_seconds_bucket"));
    }
}
