//! The gateway's routes are those of the API document and of the device channel; the part of the
//! template that lists them is written by this test when `TRENNWAND_UPDATE` is set.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::template::{Template, root, text};

const BEGIN: &str = "  # routes: begin\n";
const END: &str = "  # routes: end\n";

/// Route key to the function that answers.
type Routes = BTreeMap<String, &'static str>;

fn add(routes: &mut Routes, method: &str, path: &str, function: &'static str) {
    let twice = routes.insert(format!("{} {path}", method.to_uppercase()), function);
    assert_eq!(twice, None, "{method} {path} has two functions");
}

/// The operations of a function's document.
fn documented(routes: &mut Routes, document: Value, function: &'static str) {
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation.get("operationId").is_some() {
                add(routes, method, path, function);
            }
        }
    }
}

/// Routes that phones and their users reach, as `functions/*/src/lib.rs` mounts them: they are in no
/// document.
fn mounted(routes: &mut Routes, function: &'static str, file: &str) {
    let source = std::fs::read_to_string(root().join(file)).unwrap();
    for route in source.split(".route(\"").skip(1) {
        let (path, rest) = route.split_once('"').unwrap();
        let handlers = rest.lines().next().unwrap();
        for method in ["get", "post", "put", "patch", "delete"] {
            if handlers.contains(&format!("{method}(")) {
                add(routes, method, path, function);
            }
        }
    }
}

fn wanted() -> Routes {
    let mut routes = Routes::new();
    let (_, onboarding) = trennwand_fn_onboarding::api().split_for_parts();
    let (_, policy) = trennwand_fn_policy::api().split_for_parts();
    let (_, android) = trennwand_fn_android::api().split_for_parts();
    documented(&mut routes, serde_json::to_value(onboarding).unwrap(), "Onboarding");
    documented(&mut routes, serde_json::to_value(policy).unwrap(), "Policy");
    documented(&mut routes, serde_json::to_value(android).unwrap(), "Android");
    mounted(&mut routes, "Android", "functions/android/src/lib.rs");
    mounted(&mut routes, "Checkin", "functions/checkin/src/lib.rs");
    mounted(&mut routes, "Enrollment", "functions/enrollment/src/lib.rs");
    routes
}

fn written(routes: &Routes) -> String {
    let mut out = String::new();
    for (key, function) in routes {
        let name: String = key
            .to_lowercase()
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(|word| word[..1].to_uppercase() + &word[1..])
            .collect();
        out += &format!(
            "  Route{name}:\n    Type: AWS::ApiGatewayV2::Route\n    Properties:\n      \
             {{ ApiId: !Ref Api, RouteKey: \"{key}\", \
             Target: !Sub \"integrations/${{{function}Integration}}\" }}\n",
        );
    }
    out
}

#[test]
fn the_gateway_routes_what_the_functions_answer() {
    let wanted = wanted();
    let template = text();
    let (before, rest) = template.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    let expected = written(&wanted);
    #[expect(clippy::disallowed_methods, reason = "asked for by whoever changed the routes")]
    if found != expected && std::env::var("TRENNWAND_UPDATE").is_ok() {
        let template = format!("{before}{BEGIN}{expected}{END}{after}");
        std::fs::write(root().join("infra/template.yaml"), template).unwrap();
        return;
    }
    assert_eq!(
        found, expected,
        "run TRENNWAND_UPDATE=1 cargo test -p trennwand-tests --test infra and review the change"
    );
}

pub(crate) fn every_route_leads_to_the_function_that_answers(template: &Template) {
    let wanted = wanted();
    let parsed: Routes = template
        .all("AWS::ApiGatewayV2::Route")
        .map(|(_, route)| {
            let key = route["RouteKey"].as_str().unwrap().to_owned();
            let target = route["Target"]["Fn::Sub"].as_str().unwrap();
            let function =
                wanted.values().find(|f| target.contains(&format!("/${{{f}Integration}}")));
            (key, *function.unwrap())
        })
        .collect();
    assert_eq!(parsed, wanted);
}

/// Every operation that the service says it has, except what only the local server has.
fn documented_keys() -> Vec<String> {
    let document = trennwand::api_document();
    let mut keys = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            if operation.get("operationId").is_some() && tag != "service" {
                keys.push(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    keys
}

#[test]
fn every_documented_operation_is_routed() {
    let wanted = wanted();
    for key in documented_keys() {
        assert!(wanted.contains_key(&key), "{key}");
    }
}

/// So that `infra/smoke`, which asks for it, does not find out first.
#[test]
fn every_documented_operation_is_called_on_the_emulator() {
    let read = |file: &str| std::fs::read_to_string(root().join(file)).unwrap();
    let calls = read("infra/walk.py") + &read("infra/emulator.py");
    let keys = documented_keys();
    assert!(keys.len() > 50);
    for key in keys {
        // Lists of the catalogue are called as the document names them.
        let listed = key.starts_with("GET /v1/catalogue/") && !key.contains('{');
        assert!(
            listed || calls.contains(&format!("\"{key}\"")),
            "infra/walk.py does not call {key}"
        );
    }
}

/// Each integration may be invoked by the gateway and is used.
pub(crate) fn every_integration_has_its_permission(template: &Template) {
    for (name, integration) in template.all("AWS::ApiGatewayV2::Integration") {
        let permission = template.resource(&name.replace("Integration", "Permission"));
        let function = integration["IntegrationUri"]["Fn::GetAtt"].as_str().unwrap();
        let function = function.strip_suffix(".Arn").unwrap();
        assert_eq!(permission["FunctionName"]["Ref"], function);
        assert_eq!(permission["Principal"], "apigateway.amazonaws.com");
        let name = name.strip_suffix("Integration").unwrap();
        assert!(wanted().values().any(|used| *used == name), "{name}");
    }
}
