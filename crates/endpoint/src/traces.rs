//! Traces: a span a request, sent in the background to a collector by OpenTelemetry's protocol (OTLP
//! over HTTP).
//!
//! Attributes are named by OpenTelemetry's conventions for HTTP. A span has the route's template and neither
//! path nor query nor headers nor caller: these name people or carry secrets, and traces leave the house.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use ferrum_app::clock;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt as _, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, SpanData, SpanExporter};

use crate::access_log::{Line, NO_ROUTE};

/// Longest time for a batch to reach the collector, and for the last ones when the server stops.
const PATIENCE: Duration = Duration::from_secs(2);
/// Least time between two complaints about the collector.
const SILENCE: Duration = Duration::from_mins(1);

/// Where spans go; clones send to the same collector. What does not fit into the queue is dropped rather
/// than holding up requests.
#[derive(Debug, Clone)]
pub struct Traces(Arc<Sender>);

#[derive(Debug)]
struct Sender {
    tracer: SdkTracer,
    provider: SdkTracerProvider,
    recorded: AtomicU64,
    delivered: Arc<AtomicU64>,
}

impl Traces {
    /// Begins to send to the collector with the root `collector`, as the service `name`. An error says
    /// why nothing could ever be sent; a collector that is not there is none.
    pub fn open(collector: &str, name: &str) -> Result<Self, impl fmt::Display + use<>> {
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{collector}/v1/traces"))
            .with_timeout(PATIENCE)
            .build()?;
        let delivered: Arc<AtomicU64> = Arc::default();
        let exporter = Reporting { exporter, delivered: Arc::clone(&delivered), complaint: Mutex::default() };
        let resource = Resource::builder()
            .with_service_name(name.to_owned())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider =
            SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build();
        let tracer = provider.tracer("ferrum");
        Ok::<_, opentelemetry_otlp::ExporterBuildError>(Self(Arc::new(Sender {
            tracer,
            provider,
            recorded: AtomicU64::new(0),
            delivered,
        })))
    }

    /// Sends the span of a request that is answered, soon. Never waits for the collector.
    pub(crate) fn record(&self, line: &Line<'_>, parent: Option<&SpanContext>) {
        let context = match parent {
            Some(parent) => Context::new().with_remote_span_context(parent.clone()),
            None => Context::new(),
        };
        let end = clock::system_time(line.at);
        let span = SpanBuilder::from_name(name(line))
            .with_kind(SpanKind::Server)
            .with_start_time(end.checked_sub(line.elapsed).unwrap_or(end))
            .with_attributes(attributes(line));
        let mut span = self.0.tracer.build_with_context(span, &context);
        if span.is_recording() {
            self.0.recorded.fetch_add(1, Ordering::Relaxed);
        }
        if line.status >= 500 {
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(end);
    }

    /// Sends what waits, for which it takes two seconds at most, and ends.
    pub fn close(&self) {
        self.0.close();
    }
}

impl Sender {
    fn close(&self) {
        if matches!(self.provider.shutdown_with_timeout(PATIENCE), Err(OTelSdkError::AlreadyShutdown)) {
            return;
        }
        let recorded = self.recorded.load(Ordering::Relaxed);
        let lost = recorded.saturating_sub(self.delivered.load(Ordering::Relaxed));
        if lost > 0 {
            tracing::warn!("{lost} of {recorded} spans have not reached the collector");
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.close();
    }
}

/// The span of another process that a request belongs to, by the header `traceparent` of the W3C.
pub(crate) fn parent(headers: &HeaderMap) -> Option<Box<SpanContext>> {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
    context.has_active_span().then(|| Box::new(context.span().span_context().clone()))
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(AsRef::as_ref).collect()
    }
}

/// What a span is called: few different names, so never a path.
fn name(line: &Line<'_>) -> String {
    let method = known(line.method).unwrap_or("HTTP");
    match line.route {
        NO_ROUTE => method.to_owned(),
        route => format!("{method} {route}"),
    }
}

fn attributes(line: &Line<'_>) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("http.request.method", known(line.method).unwrap_or("_OTHER")),
        KeyValue::new("url.scheme", "http"),
        KeyValue::new("http.response.status_code", i64::from(line.status)),
        KeyValue::new("ferrum.surface", line.surface.to_owned()),
        KeyValue::new("ferrum.request_id", line.id.to_owned()),
    ];
    if line.route != NO_ROUTE {
        attributes.push(KeyValue::new("http.route", line.route.to_owned()));
    }
    if line.status >= 500 {
        attributes.push(KeyValue::new("error.type", line.status.to_string()));
    }
    attributes
}

/// A method as the conventions know it; clients can invent others.
fn known(method: &str) -> Option<&'static str> {
    const METHODS: [&str; 9] =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
    METHODS.into_iter().find(|known| *known == method)
}

/// Sends batches, counts what arrives, and says once when nothing does any more.
#[derive(Debug)]
struct Reporting {
    exporter: opentelemetry_otlp::SpanExporter,
    delivered: Arc<AtomicU64>,
    complaint: Mutex<Complaint>,
}

#[derive(Debug, Default)]
struct Complaint {
    stands: bool,
    last: Option<Instant>,
}

impl SpanExporter for Reporting {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len().try_into().unwrap_or(u64::MAX);
        let outcome = self.exporter.export(batch).await;
        let mut complaint = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
        match &outcome {
            Ok(()) => {
                self.delivered.fetch_add(spans, Ordering::Relaxed);
                complaint.withdraw();
            }
            Err(error) => complaint.make(error),
        }
        outcome
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl Complaint {
    /// One line when it starts, and not a line a batch from a collector that comes and goes.
    fn make(&mut self, error: &OTelSdkError) {
        if self.stands || self.last.is_some_and(|last| last.elapsed() < SILENCE) {
            return;
        }
        *self = Self { stands: true, last: Some(Instant::now()) };
        tracing::warn!("traces do not reach the collector, no more is said until they do: {error}");
    }

    fn withdraw(&mut self) {
        if std::mem::take(&mut self.stands) {
            tracing::info!("traces reach the collector again");
        }
    }
}
