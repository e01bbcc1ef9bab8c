"""Calls every operation of the API document through the gateway, so that everything that functions ask
the database for is asked once. What the answers mean is tested elsewhere; here none may be a 5xx."""

import base64
import datetime
import json
import pathlib
import re
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DOCUMENT = pathlib.Path(__file__).resolve().parent.parent / "openapi/trennwand.json"
# The smallest PNG there is: one transparent pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


class Caller:
    """A client with its access token; knows which operations it called."""

    def __init__(self, base_url, called):
        self.base_url, self.called, self.token, self.tag = base_url, called, None, None

    def sign_in(self, client):
        basic = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
        answer = self.send(
            "POST /oauth/token", {"authorization": f"Basic {basic}"},
            b"grant_type=client_credentials", "application/x-www-form-urlencoded")
        self.token = answer["access_token"]
        return self

    def __call__(self, operation, body=None, query="", **ids):
        """`operation` as in the document, such as `GET /v1/tenants/{tenant}`."""
        headers = {}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        if operation.startswith("POST"):
            headers["idempotency-key"] = uuid.uuid4().hex
        if operation.startswith("PUT") and self.tag:
            headers["if-match"] = self.tag
        kind = "application/json"
        if isinstance(body, bytes):
            kind = "image/png"
        elif body is not None:
            body = json.dumps(body).encode()
        return self.send(operation, headers, body, kind, query, **ids)

    def refused(self, operation, status, body=None, **ids):
        """Calls what cannot be done here: the refusal is the answer."""
        try:
            self(operation, body, **ids)
        except AssertionError as error:
            assert f" was answered {status}:" in str(error), error
        else:
            raise AssertionError(f"{operation} was not refused")

    def send(self, operation, headers, body, kind, query="", **ids):
        method, path = operation.split(" ")
        url = self.base_url + re.sub(r"\{(\w+)\}", lambda name: str(ids[name[1]]), path) + query
        if body is not None:
            headers["content-type"] = kind
        request = urllib.request.Request(url, body, headers, method=method)
        self.called.add(operation)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, content, got = answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            status, content, got = error.code, error.read(), error.headers
        self.tag = got.get("etag")
        assert status < 300, f"{operation} was answered {status}: {content.decode(errors='replace')[:300]}"
        return json.loads(content) if content and "json" in got.get("content-type", "") else content


def operations():
    document = json.loads(DOCUMENT.read_text())
    for path, item in document["paths"].items():
        for method, operation in item.items():
            # What the local server says about itself is not deployed.
            if "operationId" in operation and operation["tags"] != ["service"]:
                yield f"{method.upper()} {path}"


def walk(base_url, operator, tick, terms):
    """`tick` does what the timer does each minute; `terms` is the version of the operator's terms."""
    called = set()
    anyone = Caller(base_url, called)
    anyone("GET /.well-known/jwks.json")
    anyone("GET /.well-known/oauth-authorization-server")

    def sign_in(client):
        return Caller(base_url, called).sign_in(client)

    operator = sign_in(operator)
    operator("GET /v1/me")
    reseller = operator("POST /v1/resellers", {"name": "Systemhaus Süd"})["id"]
    operator("GET /v1/resellers")
    operator("GET /v1/resellers/{reseller}", reseller=reseller)
    client = operator("POST /v1/resellers/{reseller}/clients", {"name": "walk"}, reseller=reseller)

    reseller = sign_in(client)
    for operation in sorted(operations()):
        if operation.startswith("GET /v1/catalogue/") and "{" not in operation:
            reseller(operation)
    reseller("GET /v1/brand")
    reseller("PUT /v1/brand", {"name": "Süd IT"})
    reseller("PUT /v1/brand/logo", PIXEL)
    offered = {"name": "Trades", "document": {"schema_version": 1}, "for_new_tenants": True}
    template = reseller("POST /v1/templates", offered)["id"]
    reseller("GET /v1/templates")
    reseller("GET /v1/templates/{template}", template=template)
    tenant = reseller("POST /v1/tenants", {"name": "Beispiel AG"})["id"]
    until(lambda: reseller("GET /v1/tenants/{tenant}", tenant=tenant)["status"] == "active")
    reseller("GET /v1/tenants")
    reseller("PATCH /v1/tenants/{tenant}", {"name": "Beispiel SE"}, tenant=tenant)
    client = reseller("POST /v1/tenants/{tenant}/clients", {"name": "walk"}, tenant=tenant)
    spare = reseller("POST /v1/tenants/{tenant}/clients", {"name": "spare"}, tenant=tenant)["client_id"]
    reseller("GET /v1/tenants/{tenant}/clients", tenant=tenant)
    reseller("POST /v1/tenants/{tenant}/clients/{client}/rotate", {}, tenant=tenant, client=spare)
    reseller("DELETE /v1/tenants/{tenant}/clients/{client}", tenant=tenant, client=spare)

    # A changed brand reaches the heads of the reseller's tenants through the stream and the queue.
    reseller("GET /v1/brand")
    reseller("PUT /v1/brand", {"name": "Südwest IT"})

    raw = sign_in(client)

    def own(operation, body=None, query="", **ids):
        return raw(operation, body, query, tenant=tenant, **ids)

    own("GET /v1/me")
    # Who may not see a tenant's phones is refused, which takes a look at who it is.
    operator.refused("GET /v1/tenants/{tenant}/devices", 404, tenant=tenant)
    operator.refused("GET /v1/tenants/{tenant}/android", 404, tenant=tenant)
    reseller.refused("GET /v1/tenants/{tenant}/devices", 403, tenant=tenant)
    own("GET /v1/tenants/{tenant}/readiness")
    own("PUT /v1/tenants/{tenant}/mail", {"kind": "exchange_online", "auth": "oauth"})
    own("GET /v1/tenants/{tenant}/mail")
    own("GET /v1/tenants/{tenant}/agreements")
    own("POST /v1/tenants/{tenant}/agreements", {"version": terms})
    request = own("POST /v1/tenants/{tenant}/apns/signing-request")
    certificate = push_certificate(request["signing_request"])
    own("PUT /v1/tenants/{tenant}/apns/certificate", {"certificate": certificate})
    own("GET /v1/tenants/{tenant}/apns")

    person = {"email": "dora@beispiel.example", "display_name": "Dora Dahl", "external_id": "4711"}
    user = own("POST /v1/tenants/{tenant}/users", person)["id"]
    own("GET /v1/tenants/{tenant}/users")
    own("GET /v1/tenants/{tenant}/users/{user}", user=user)
    own("PATCH /v1/tenants/{tenant}/users/{user}", {"email": "d.dahl@beispiel.example"}, user=user)

    order = {"platform": "ios", "ownership": "company", "user": user}
    invitation = own("POST /v1/tenants/{tenant}/enrollments", order)
    device, enrollment = invitation["device"], invitation["id"]
    own("GET /v1/tenants/{tenant}/enrollments")
    own("GET /v1/tenants/{tenant}/enrollments/{enrollment}", enrollment=enrollment)
    own("POST /v1/tenants/{tenant}/enrollments/{enrollment}/renew", {}, enrollment=enrollment)
    own("GET /v1/tenants/{tenant}/devices")
    for query in ("?q=d.dahl@beispiel.example", "?q=4711", f"?q={device}", f"?user={user}"):
        own("GET /v1/tenants/{tenant}/devices", query=query)
    own("GET /v1/tenants/{tenant}/devices/{device}", device=device)
    own("GET /v1/tenants/{tenant}/devices/{device}/compliance", device=device)
    own("GET /v1/tenants/{tenant}/devices/{device}/artifact", device=device)
    own("GET /v1/tenants/{tenant}/devices/{device}/commands", device=device)
    raw.refused("POST /v1/tenants/{tenant}/devices/{device}/release", 409, tenant=tenant, device=device)
    wipe = {"scope": "business", "confirm": device, "reason": "lost"}
    raw.refused("POST /v1/tenants/{tenant}/devices/{device}/wipe", 409, wipe, tenant=tenant, device=device)
    android = {"platform": "android", "ownership": "personal"}
    raw.refused("POST /v1/tenants/{tenant}/enrollments", 409, android, tenant=tenant)
    bound_to_google(own, reseller, base_url, tenant, user, tick)
    rules(own, device, tick)
    own("DELETE /v1/tenants/{tenant}/enrollments/{enrollment}", enrollment=enrollment)
    own("DELETE /v1/tenants/{tenant}/devices/{device}", device=device)
    own("DELETE /v1/tenants/{tenant}/users/{user}", user=user)

    policy = own("GET /v1/tenants/{tenant}/policies")["items"][0]["id"]
    draft = own("GET /v1/tenants/{tenant}/policies/{policy}", policy=policy)
    document = draft["document"] | {"siri_while_locked": "blocked"}
    version = own("PUT /v1/tenants/{tenant}/policies/{policy}", {"document": document}, policy=policy)["version"]
    own("GET /v1/tenants/{tenant}/policies/{policy}/versions/{version}", policy=policy, version=version)
    artifacts = "GET /v1/tenants/{tenant}/policies/{policy}/versions/{version}/artifacts/{target}"
    own(artifacts, policy=policy, version=version, target="ios-device")
    own("POST /v1/tenants/{tenant}/policies/{policy}/preview", {"version": version}, policy=policy)
    own("GET /v1/tenants/{tenant}/templates")
    own("POST /v1/tenants/{tenant}/policies", {"template": template})
    rollout = own("POST /v1/tenants/{tenant}/policies/{policy}/rollouts", {"version": version}, policy=policy)
    own("GET /v1/tenants/{tenant}/policies/{policy}/rollouts", policy=policy)
    own("GET /v1/tenants/{tenant}/policies/{policy}/rollouts/{rollout}", policy=policy, rollout=rollout["id"])
    own("GET /v1/tenants/{tenant}/audit-events")

    reseller("DELETE /v1/brand/logo")
    return called


def bound_to_google(own, reseller, base_url, tenant, user, tick):
    """The binding to a stand-in for Google, an invitation, and the end of both. Phones are the demo's."""
    # Who asks again gets another page; the reseller may, too.
    reseller("POST /v1/tenants/{tenant}/android/signup", {}, tenant=tenant)
    page = own("POST /v1/tenants/{tenant}/android/signup", {"devices": 5})["url"]
    own("GET /v1/tenants/{tenant}/android")
    assert b"<html" in opened(page), "Google's page leads back to ours"
    bound = own("PATCH /v1/tenants/{tenant}/android", {"devices": 1})
    assert bound["status"] == "bound", bound
    order = {"platform": "android", "ownership": "company", "user": user}
    invitation = own("POST /v1/tenants/{tenant}/enrollments", order)
    # The company phone's code is on the page once Google has made the token.
    until(lambda: b"<code>" in opened(invitation["url"]))
    # Once a day, in the tenant's own minute, Google is asked about all its phones. Of yesterday, when no
    # roll-out was due.
    midnight = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0)
    tick(midnight - datetime.timedelta(days=1) + datetime.timedelta(minutes=bits(tenant) % 1440))
    code = {"code": invitation["url"].rsplit("/", 1)[1]}
    signin = f"{base_url}/android/signin/{tenant}"
    assert b"<form" in opened(signin)
    assert "/android/enroll?et=" in led_to(signin, code)
    own("DELETE /v1/tenants/{tenant}/enrollments/{enrollment}", enrollment=invitation["id"])
    unbound = own("DELETE /v1/tenants/{tenant}/android")
    assert unbound["status"] == "unbound", unbound


def bits(identifier):
    """The number behind an identifier's prefix, in Crockford's Base32."""
    number = 0
    for digit in identifier.rsplit("_", 1)[1]:
        number = number * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(digit)
    return number


def opened(url):
    """As a browser opens it, which follows where it is led."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        # The page of an invitation that Google has not answered yet.
        assert error.code == 503, f"{url} was answered {error.code}"
        return b""


def led_to(url, form):
    """Where a form leads, without going there."""
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    try:
        urllib.request.build_opener(Stay).open(url, urllib.parse.urlencode(form).encode(), timeout=60)
    except urllib.error.HTTPError as answer:
        return answer.headers.get("location", "")
    raise AssertionError("the form leads nowhere")


def rules(own, device, tick):
    """Groups, what is assigned to them, and a roll-out in stages."""
    group = own("POST /v1/tenants/{tenant}/groups", {"name": "Pilots"})["id"]
    own("GET /v1/tenants/{tenant}/groups")
    own("GET /v1/tenants/{tenant}/groups/{group}", group=group)
    own("PATCH /v1/tenants/{tenant}/groups/{group}", {"name": "Drivers"}, group=group)
    own("PUT /v1/tenants/{tenant}/groups/{group}/members/{device}", group=group, device=device)
    own("GET /v1/tenants/{tenant}/groups/{group}/members", group=group)

    policy = own("GET /v1/tenants/{tenant}/policies")["items"][0]["id"]
    assigned = own("POST /v1/tenants/{tenant}/assignments", {"group": group, "policy": policy})["id"]
    own("GET /v1/tenants/{tenant}/assignments")
    own("DELETE /v1/tenants/{tenant}/assignments/{assignment}", assignment=assigned)

    draft = own("GET /v1/tenants/{tenant}/policies/{policy}", policy=policy)
    document = draft["document"] | {"siri_while_locked": "blocked"}
    version = own("PUT /v1/tenants/{tenant}/policies/{policy}", {"document": document}, policy=policy)["version"]
    order = {"version": version, "stages": [{"group": group, "wait_s": 0}, {"percent": 100}]}
    ordered = own("POST /v1/tenants/{tenant}/policies/{policy}/rollouts", order, policy=policy)
    ids = {"policy": policy, "rollout": ordered["id"]}
    own("POST /v1/tenants/{tenant}/policies/{policy}/rollouts/{rollout}/pause", **ids)
    own("POST /v1/tenants/{tenant}/policies/{policy}/rollouts/{rollout}/resume", **ids)
    tick()
    shown = own("GET /v1/tenants/{tenant}/policies/{policy}/rollouts/{rollout}", **ids)
    assert shown["state"] == "completed", f"the timer took the roll-out no further: {shown}"
    own("POST /v1/tenants/{tenant}/policies/{policy}/rollouts/{rollout}/rollback", **ids)
    own("DELETE /v1/tenants/{tenant}/groups/{group}/members/{device}", group=group, device=device)
    own("DELETE /v1/tenants/{tenant}/groups/{group}", group=group)


def push_certificate(request):
    """What Apple would answer a signing request with, but from an authority of our own."""
    key = rsa.generate_private_key(65537, 2048)
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Not Apple")])
    topic = f"com.apple.mgmt.External.{uuid.uuid4()}"
    subject = x509.Name([x509.NameAttribute(NameOID.USER_ID, topic)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder(issuer, subject, x509.load_pem_x509_csr(request.encode()).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=365))
        .add_extension(x509.BasicConstraints(False, None), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def until(done):
    for _ in range(240):
        if done():
            return
        time.sleep(0.25)
    raise AssertionError("it takes too long")
