"""What stands between functions and the emulator, and between the demo and its gateway; called by
emulator.py."""

import http.client
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Says nothing: in the end functions go on asking an emulator that has gone, and whoever asks
        sees that there is no answer."""


class Relay:
    """Passes HTTP requests on, byte for byte; tells `seen` of each before and `answered` after."""

    def __init__(self, port, upstream, host=None, seen=None):
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                if relay.seen:
                    relay.seen(self.headers, body)
                connection = http.client.HTTPConnection("127.0.0.1", upstream, timeout=60)
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                connection.putheader("host", relay.host or self.headers["host"])
                for name, value in self.headers.items():
                    if name.lower() not in ("host", "connection"):
                        connection.putheader(name, value)
                connection.endheaders(body)
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                        self.send_header(name, value)
                if answer.status not in (204, 304):
                    self.send_header("content-length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = pass_on

            def log_message(self, *_):
                pass

        self.host, self.seen = host, seen
        self.server = Server(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Recorder:
    """What functions ask for: who; of DynamoDB which action, table and leading keys; of KMS which action
    and encryption context. The emulator's IAM knows neither keys nor contexts."""

    def __init__(self):
        self.who, self.tables, self.found = {}, {}, {}
        self.lock = threading.Lock()

    def __call__(self, headers, body):
        service, _, operation = (headers.get("x-amz-target") or "").partition(".")
        caller = re.search(r"Credential=([^/]+)/", headers.get("authorization") or "")
        if not caller:
            return
        if service == "DynamoDB_20120810":
            for action, table, index, keys in accesses(operation, json.loads(body)):
                self.note(caller[1], f"dynamodb:{action}", table=table, index=index, keys=keys)
        elif service == "TrentService":
            purpose = json.loads(body).get("EncryptionContext", {}).get("trennwand", "")
            self.note(caller[1], f"kms:{operation}", purpose=purpose)

    def note(self, caller, action, **asked):
        entry = {"caller": caller, "action": action, **asked}
        with self.lock:
            self.found[json.dumps(kinds(entry), sort_keys=True)] = entry

    def write(self, file):
        """One line per kind of access."""
        file.parent.mkdir(parents=True, exist_ok=True)
        unknown, lines = set(), set()
        for entry in self.found.values():
            function = self.who.get(entry.pop("caller"))
            table = entry.get("table")
            if function is None or (table and table not in self.tables):
                unknown.add((function, entry["action"], table))
                continue
            entry |= {"function": function} | ({"table": self.tables[table]} if table else {})
            lines.add(json.dumps(entry, sort_keys=True))
        file.write_text("".join(f"{line}\n" for line in sorted(lines)))
        return len(lines), unknown


def kinds(entry):
    """The same for all identifiers."""
    def short(text):
        return re.sub(r"(_[0-9A-Z]{26})|([0-9a-f]{64})", "", text)

    fields = {"keys": sorted({short(key) for key in entry["keys"]})} if "keys" in entry else {}
    fields |= {"purpose": short(entry["purpose"])} if "purpose" in entry else {}
    return entry | fields


def accesses(operation, asked):
    def pk(item):
        return item["pk"]["S"]

    table = asked.get("TableName")
    if operation in ("GetItem", "UpdateItem", "DeleteItem"):
        yield operation, table, None, [pk(asked["Key"])]
    elif operation == "PutItem":
        yield operation, table, None, [pk(asked["Item"])]
    elif operation == "Query":
        yield operation, table, asked.get("IndexName"), [asked["ExpressionAttributeValues"][":pk"]["S"]]
    elif operation == "BatchGetItem":
        for name, request in asked["RequestItems"].items():
            yield operation, name, None, [pk(key) for key in request["Keys"]]
    elif operation == "TransactWriteItems":
        # IAM knows the parts, not the whole.
        for item in asked["TransactItems"]:
            for part, write in item.items():
                action = {"ConditionCheck": "ConditionCheckItem"}.get(part, part + "Item")
                yield action, write["TableName"], None, [pk(write.get("Key") or write["Item"])]
    else:
        yield operation, table, None, []
