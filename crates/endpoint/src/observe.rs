//! Metrics in Prometheus's format. Labels are bounded: surface, method, route template, status class.
//!
//! Requests are counted by ourselves, each thread in its own shard, since every request pays for it; what is
//! rarer goes through the `metrics` crate.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::http::Method;
use foldhash::fast::RandomState;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// The surfaces whose requests are counted, each once, however many servers a process runs.
static SURFACES: Mutex<Vec<Arc<Requests>>> = Mutex::new(Vec::new());

/// Upper bounds of the histogram of request durations in seconds, and the same in microseconds.
const BUCKETS: [(&str, u64); 12] = [
    ("0.0005", 500),
    ("0.001", 1_000),
    ("0.0025", 2_500),
    ("0.005", 5_000),
    ("0.01", 10_000),
    ("0.025", 25_000),
    ("0.05", 50_000),
    ("0.1", 100_000),
    ("0.25", 250_000),
    ("0.5", 500_000),
    ("1", 1_000_000),
    ("5", 5_000_000),
];

/// Methods as labels; clients can invent others, and labels must not follow them.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];

/// Status classes, `1xx` to `5xx`.
const CLASSES: usize = 5;

/// Threads count in different shards, so that no two processors contend for a counter.
pub(crate) const SHARDS: usize = 8;

static THREADS: AtomicUsize = AtomicUsize::new(0);
thread_local! {
    static SHARD: usize = THREADS.fetch_add(1, Ordering::Relaxed) % SHARDS;
}

/// The shard of this thread.
pub(crate) fn shard() -> usize {
    SHARD.with(|shard| *shard)
}

/// Starts recording; once per process, however many servers it runs.
fn recorder() -> Option<&'static PrometheusHandle> {
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).as_ref()
}

/// The body of `/metrics`.
pub fn render() -> String {
    let mut text = String::new();
    let surfaces = SURFACES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for family in [counts, durations, in_flight] {
        family(&mut text, &surfaces);
    }
    if let Some(recorder) = recorder() {
        recorder.run_upkeep();
        text.push_str(&recorder.render());
    }
    text
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
    shards: [Shard; SHARDS],
}

/// What the threads of one shard have counted.
#[derive(Default)]
#[repr(align(128))]
struct Shard {
    /// Requests begun less requests ended here: one may end on another thread, so only the sum over all
    /// shards means something.
    open: AtomicU64,
    /// Found without the standard hasher's care for invented keys: templates are ours, and all requests look.
    routes: Mutex<HashMap<Box<str>, Route, RandomState>>,
}

/// The series of one route by method and status class; most of them are never begun.
#[derive(Default)]
struct Route([[Option<Box<Series>>; CLASSES]; METHODS.len()]);

/// How many requests took how long. The last bucket has no upper bound.
#[derive(Default)]
struct Series {
    buckets: [u64; BUCKETS.len() + 1],
    microseconds: u64,
}

impl Requests {
    /// The counter of the requests of `surface`.
    pub fn of(surface: &'static str) -> Arc<Self> {
        recorder();
        let mut surfaces = SURFACES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = surfaces.iter().find(|known| known.surface == surface) {
            return Arc::clone(known);
        }
        let requests = Arc::new(Self { surface, shards: Default::default() });
        surfaces.push(Arc::clone(&requests));
        requests
    }

    /// Notes that a request is being answered, until [`Requests::close`].
    pub fn open(&self) {
        self.shards[shard()].open.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that a request is answered or given up.
    pub fn close(&self) {
        self.shards[shard()].open.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts a request to the route template `route` that took `elapsed`.
    pub fn count(&self, method: &Method, route: &str, status: u16, elapsed: Duration) {
        let class = usize::from(status / 100).clamp(1, CLASSES) - 1;
        let place = (label_of(method), class);
        let mut routes = self.shards[shard()].routes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = routes.get_mut(route) {
            known.count(place, elapsed);
            return;
        }
        routes.entry(route.into()).or_default().count(place, elapsed);
    }

    /// Calls `print` with the labels of each series that has begun, in a stable order.
    fn each(&self, mut print: impl FnMut(&str, &Series)) {
        let mut sums: BTreeMap<(Box<str>, usize, usize), Series> = BTreeMap::new();
        for shard in &self.shards {
            for (route, series) in &*shard.routes.lock().unwrap_or_else(PoisonError::into_inner) {
                for (method, class, series) in series.begun() {
                    sums.entry((route.clone(), method, class)).or_default().add(series);
                }
            }
        }
        let surface = self.surface;
        for ((route, method, class), series) in &sums {
            let (method, class) = (METHODS[*method], class + 1);
            let labels =
                format!(r#"surface="{surface}",method="{method}",route="{route}",status="{class}xx""#);
            print(&labels, series);
        }
    }
}

impl Route {
    fn count(&mut self, (method, class): (usize, usize), elapsed: Duration) {
        self.0[method][class].get_or_insert_default().count(elapsed);
    }

    fn begun(&self) -> impl Iterator<Item = (usize, usize, &Series)> {
        self.0.iter().enumerate().flat_map(|(method, classes)| {
            let begun = classes.iter().enumerate();
            begun.filter_map(move |(class, series)| Some((method, class, series.as_deref()?)))
        })
    }
}

impl Series {
    fn count(&mut self, elapsed: Duration) {
        let microseconds = elapsed.as_micros().try_into().unwrap_or(u64::MAX);
        let bucket = BUCKETS.iter().position(|(_, bound)| microseconds <= *bound).unwrap_or(BUCKETS.len());
        self.buckets[bucket] += 1;
        self.microseconds = self.microseconds.saturating_add(microseconds);
    }

    fn add(&mut self, other: &Self) {
        for (sum, more) in self.buckets.iter_mut().zip(other.buckets) {
            *sum += more;
        }
        self.microseconds = self.microseconds.saturating_add(other.microseconds);
    }

    fn seconds(&self) -> f64 {
        Duration::from_micros(self.microseconds).as_secs_f64()
    }

    /// How many requests took as long as each bucket allows, or less; the last number is all.
    fn cumulated(&self) -> [u64; BUCKETS.len() + 1] {
        let mut sum = 0;
        self.buckets.map(|count| {
            sum += count;
            sum
        })
    }
}

fn label_of(method: &Method) -> usize {
    METHODS.iter().position(|name| *name == method.as_str()).unwrap_or(METHODS.len() - 1)
}

fn counts(text: &mut String, surfaces: &[Arc<Requests>]) {
    let name = "ferrum_http_requests_total";
    let _ = writeln!(text, "# HELP {name} Requests answered or given up (4xx).\n# TYPE {name} counter");
    for surface in surfaces {
        surface.each(|labels, series| {
            let _ = writeln!(text, "{name}{{{labels}}} {}", series.cumulated()[BUCKETS.len()]);
        });
    }
}

fn durations(text: &mut String, surfaces: &[Arc<Requests>]) {
    let name = "ferrum_http_request_duration_seconds";
    let _ = writeln!(text, "# HELP {name} From a request's head to its answer's.\n# TYPE {name} histogram");
    for surface in surfaces {
        surface.each(|labels, series| {
            let counts = series.cumulated();
            for ((bound, _), count) in BUCKETS.iter().zip(counts) {
                let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {count}");
            }
            let all = counts[BUCKETS.len()];
            let sum = series.seconds();
            let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {all}");
            let _ = writeln!(text, "{name}_sum{{{labels}}} {sum}\n{name}_count{{{labels}}} {all}");
        });
    }
}

fn in_flight(text: &mut String, surfaces: &[Arc<Requests>]) {
    let name = "ferrum_http_requests_in_flight";
    let _ = writeln!(text, "# HELP {name} Requests being answered.\n# TYPE {name} gauge");
    for Requests { surface, shards } in surfaces.iter().map(Arc::as_ref) {
        let open =
            shards.iter().fold(0_u64, |sum, shard| sum.wrapping_add(shard.open.load(Ordering::Relaxed)));
        let _ = writeln!(text, "{name}{{surface=\"{surface}\"}} {open}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(surface: &str) -> Vec<String> {
        let label = format!("surface=\"{surface}\"");
        render().lines().filter(|line| line.contains(&label)).map(str::to_owned).collect()
    }

    #[test]
    fn requests_are_counted_by_route_and_class() {
        let requests = Requests::of("test");
        for micros in [200, 500, 501, 7_000_000] {
            requests.count(&Method::GET, "/lifts/{id}", 404, Duration::from_micros(micros));
        }
        requests.open();
        let lines = lines_of("test");
        let labels = r#"surface="test",method="GET",route="/lifts/{id}",status="4xx""#;
        for expected in [
            format!("ferrum_http_requests_total{{{labels}}} 4"),
            format!("ferrum_http_request_duration_seconds_bucket{{{labels},le=\"0.0005\"}} 2"),
            format!("ferrum_http_request_duration_seconds_bucket{{{labels},le=\"0.001\"}} 3"),
            format!("ferrum_http_request_duration_seconds_bucket{{{labels},le=\"5\"}} 3"),
            format!("ferrum_http_request_duration_seconds_bucket{{{labels},le=\"+Inf\"}} 4"),
            format!("ferrum_http_request_duration_seconds_sum{{{labels}}} 7.001201"),
            format!("ferrum_http_request_duration_seconds_count{{{labels}}} 4"),
            "ferrum_http_requests_in_flight{surface=\"test\"} 1".to_owned(),
        ] {
            assert!(lines.contains(&expected), "{expected} is not in {lines:#?}");
        }
        assert_eq!(lines.len(), 17, "{lines:#?}");
        assert!(Arc::ptr_eq(&requests, &Requests::of("test")), "another server's requests join them");
    }

    #[test]
    fn invented_methods_and_statuses_make_no_series_of_their_own() {
        let requests = Requests::of("bounded");
        for method in ["BREW", "WHEN", "get"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            requests.count(&method, "none", 999, Duration::ZERO);
        }
        let totals: Vec<_> =
            lines_of("bounded").into_iter().filter(|line| line.contains("_total{")).collect();
        assert_eq!(
            totals,
            [r#"ferrum_http_requests_total{surface="bounded",method="other",route="none",status="5xx"} 3"#]
        );
    }
}
