//! Metrics without a request for them: CloudWatch reads them out of log lines that say which of their
//! fields they are (its embedded metric format). Dimensions are the function and the operation, whose
//! number the routes bound; never a tenant or a phone.

use std::{fmt, time::SystemTime};

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{Format, Json, Writer},
    },
    registry::LookupSpan,
};

/// What follows the time in `_aws`.
const WHICH: &str = r#","CloudWatchMetrics":[{"Namespace":"Trennwand","Dimensions":[["function","operation"]],"Metrics":[{"Name":"duration_ms","Unit":"Milliseconds"},{"Name":"ddb_requests","Unit":"Count"},{"Name":"rcu","Unit":"Count"},{"Name":"wcu","Unit":"Count"}]}]},"#;

/// JSON lines, of which those about a request, a message or a batch of records are metrics too.
pub(super) struct Lines {
    json: Format<Json>,
    /// For lines that do not say which function they are of.
    function: &'static str,
}

impl Lines {
    pub(super) fn new(function: &'static str) -> Self {
        Self { json: Format::default().json().flatten_event(true), function }
    }
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let of_a_request = match event.metadata().target() {
            "request" => true,
            "message" | "records" => false,
            _ => return self.json.format_event(context, writer, event),
        };
        let mut line = String::with_capacity(512);
        self.json.format_event(context, Writer::new(&mut line), event)?;
        let Some(fields) = line.strip_prefix('{') else { return writer.write_str(&line) };
        write!(writer, r#"{{"_aws":{{"Timestamp":{}{WHICH}"#, unix_ms())?;
        if !of_a_request {
            let operation = event.metadata().target();
            write!(writer, r#""function":"{}","operation":"{operation}","#, self.function)?;
        }
        writer.write_str(fields)
    }
}

fn unix_ms() -> u128 {
    #[expect(clippy::disallowed_methods, reason = "a log line says when it was written")]
    let now = SystemTime::now();
    now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis())
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use serde_json::{Value, json};

    use crate::telemetry;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that `act` logs.
    fn lines(act: impl Fn()) -> Vec<Value> {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = telemetry::subscriber("push", "info", move || writer.clone());
        // With a single subscriber, tracing asks whichever thread reaches a line first whether anyone listens.
        let _second = tracing::Dispatch::new(tracing_subscriber::registry());
        tracing::subscriber::with_default(subscriber, act);
        let bytes = written.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    #[test]
    fn a_line_about_work_done_is_a_metric() {
        let lines = lines(|| {
            tracing::info!(
                target: "request",
                function = "checkin",
                operation = "/mdm/{tenant}/{device}",
                duration_ms = 3_u64,
                ddb_requests = 2_u64,
                rcu = 1.5,
                wcu = 0.0,
            );
            tracing::info!(target: "message", code = "done", rcu = 0.5);
            tracing::info!("something else");
        });
        let [request, message, other] = lines.as_slice() else { panic!("{lines:?}") };
        let declared = &request["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(declared["Namespace"], "Trennwand");
        assert_eq!(declared["Dimensions"], json!([["function", "operation"]]));
        for metric in declared["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            assert!(request[name].is_number(), "{name}: {request}");
        }
        assert_eq!(declared["Metrics"].as_array().unwrap().len(), 4);
        assert!(request["_aws"]["Timestamp"].as_u64().unwrap() > 1_700_000_000_000);
        assert_eq!(request["function"], "checkin");
        assert_eq!(request["operation"], "/mdm/{tenant}/{device}");
        assert_eq!(message["_aws"]["CloudWatchMetrics"], request["_aws"]["CloudWatchMetrics"]);
        assert_eq!(
            (&message["function"], &message["operation"]),
            (&json!("push"), &json!("message"))
        );
        assert_eq!(message["rcu"], 0.5);
        assert_eq!(other["_aws"], Value::Null);
        assert_eq!(other["message"], "something else");
    }
}
