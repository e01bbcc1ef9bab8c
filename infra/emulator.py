"""Runs template.yaml on ministack and plays the main job on it; called by infra/smoke.

Everything that is started carries a marker in its environment and is ended by its process id: the
emulator leaves the functions' processes behind.
"""

import base64
import contextlib
import datetime
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from relay import Recorder, Relay
from walk import operations, walk

# Nothing that this machine says about AWS or proxies is meant for the emulator.
for name in [name for name in os.environ if name.upper().startswith("AWS_") or name.upper().endswith("_PROXY")]:
    del os.environ[name]
os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "NO_PROXY": "*"}

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ["TRENNWAND_TARGET"])
RECORD = pathlib.Path(os.environ["TRENNWAND_RECORD"])
REGION = "eu-central-1"
MARKER = "TRENNWAND_SMOKE"
# As `functions/android/src/main.rs` and `functions/local/src/android.rs` have them.
ACCOUNT = "platform/google_account"
TOPIC = "projects/trennwand-stand-in/topics/android"
PUSHER = "push@trennwand-stand-in.iam.gserviceaccount.com"
TERMS = "2026-11"


def say(text):
    print(f"[smoke] {text}", flush=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Emulator:
    def __init__(self, iam):
        self.iam, self.recorder = iam, Recorder()
        self.marker = uuid.uuid4().hex
        self.port, self.relay_port = free_port(), free_port()
        self.front_port, self.apns_port, self.google_port = free_port(), free_port(), free_port()
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="trennwand-smoke-"))
        self.relay = Relay(self.relay_port, self.port, seen=self.recorder)
        self.front = None
        self.log = (TARGET / "smoke" / ("iam.log" if iam else "plain.log"))
        self.log.parent.mkdir(parents=True, exist_ok=True)
        # Functions get what the emulator gets, so it gets nothing of this machine's.
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment |= {
            MARKER: self.marker,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            # What functions are told: through the relay.
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.relay_port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "MINISTACK_REGION": REGION,
            "AUTH": "true" if iam else "false",
            "TMPDIR": str(self.work),
            "RUST_BACKTRACE": "0",
        }
        self.process = subprocess.Popen(
            [pathlib.Path(sys.executable).parent / "ministack"],
            env=environment, stdout=self.log.open("wb"), stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, cwd=self.work, start_new_session=True,
        )
        self.until_up()

    def until_up(self):
        for _ in range(240):
            if self.process.poll() is not None:
                raise SystemExit(f"the emulator ended: {self.log}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), 0.2):
                    return
            except OSError:
                time.sleep(0.25)
        raise SystemExit("the emulator does not listen")

    def client(self, service, **credentials):
        credentials = credentials or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(
            service, endpoint_url=f"http://127.0.0.1:{self.port}", region_name=REGION,
            config=Config(retries={"max_attempts": 0}, read_timeout=120), **credentials,
        )

    def deploy(self, built):
        s3 = self.client("s3")
        s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
        template = (ROOT / "infra/template.yaml").read_text()
        code = r"CodeUri: \.\./target/lambda/trennwand-(\w+)/"
        for name in set(re.findall(code, template)):
            s3.put_object(Bucket="code", Key=f"{name}.zip", Body=packed(name, built))
        template = re.sub(code, r"CodeUri: s3://code/\1.zip", template)
        template = re.sub(r"          - Pattern: '(.*)'\n", alternatives, template)
        # The emulator's timer does not say what time it is: `tick` says so in its place.
        template, timers = re.subn(r"(      ScheduleExpression: .*\n)", r"\1      State: DISABLED\n", template)
        assert timers == 1
        if self.iam:
            # The emulator knows no leading keys, so their guard would deny everything; the record of
            # this run is evaluated instead.
            template, keys = re.subn(
                r"                Condition:\n                  ForAllValues:StringLike:\n"
                r"                    dynamodb:LeadingKeys:.*?\n"
                r"                  \"Null\": \{ dynamodb:LeadingKeys: \"false\" \}\n",
                "", template, flags=re.S,
            )
            template, contexts = re.subn(
                r"                Condition:\n                  StringLike:\n"
                r"                    kms:EncryptionContext:trennwand: \[[^]]*\]\n", "", template,
            )
            assert keys and contexts and "LeadingKeys" not in template and "EncryptionContext" not in template
            say(f"{keys} conditions on leading keys and {contexts} on encryption contexts, which the "
                "emulator does not know, are left to the evaluator")
        s3.put_object(Bucket="code", Key="template.yaml", Body=template.encode())
        self.base_url = f"http://127.0.0.1:{self.front_port}"
        parameters = {
            "Stage": "smoke", "Architecture": "x86_64", "BaseUrl": self.base_url,
            "ApnsUrl": f"http://127.0.0.1:{self.apns_port}", "LogRetentionDays": "7",
            "GoogleUrl": f"http://127.0.0.1:{self.google_port}", "PubsubTopic": TOPIC, "PushAccount": PUSHER,
            "TermsVersion": TERMS, "TermsUrl": "https://example.com/terms",
            "TermsSha256": hashlib.sha256(b"terms").hexdigest(),
        }
        formation = self.client("cloudformation")
        formation.create_stack(
            StackName="trennwand-smoke",
            TemplateURL=f"http://127.0.0.1:{self.port}/code/template.yaml",
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
        )
        while True:
            stack = formation.describe_stacks(StackName="trennwand-smoke")["Stacks"][0]
            if not stack["StackStatus"].endswith("_IN_PROGRESS"):
                break
            time.sleep(0.5)
        if stack["StackStatus"] != "CREATE_COMPLETE":
            for event in formation.describe_stack_events(StackName="trennwand-smoke")["StackEvents"]:
                if "FAILED" in event["ResourceStatus"]:
                    say(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}")
            raise SystemExit(f"the stack is {stack['StackStatus']}")
        self.outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
        resources = formation.describe_stack_resources(StackName="trennwand-smoke")["StackResources"]
        self.resources = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources}
        self.recorder.tables = {
            self.resources["DataTable"]: "data", self.resources["KeysTable"]: "keys",
        }
        self.introduce()
        host = f"{self.outputs['ApiId']}.execute-api.localhost:{self.port}"
        self.front = Relay(self.front_port, self.port, host=host)
        say(f"deployed: {len(self.resources)} resources, gateway on {self.base_url}")

    @contextlib.contextmanager
    def google(self):
        """Google, played without phones; gives the service account's key file."""
        file = self.work / "google.json"
        file.unlink(missing_ok=True)
        process = subprocess.Popen(
            [TARGET / "debug/trennwand", "google", "--listen", f"127.0.0.1:{self.google_port}", "--account", file],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
        )
        try:
            for _ in range(240):
                if file.exists() or process.poll() is not None:
                    break
                time.sleep(0.25)
            yield file.read_text()
        finally:
            process.kill()
            process.wait()

    def introduce(self):
        """Seals the service account's key file and tells the functions, as infra/README.md says: the master
        key is there only once the stack is."""
        with self.google() as account:
            few = {name: json.loads(account)[name] for name in
                   ("client_email", "private_key_id", "private_key", "token_uri")}
        sealed = self.client("kms").encrypt(
            KeyId=self.outputs["MasterKey"], Plaintext=json.dumps(few).encode(),
            EncryptionContext={"trennwand": ACCOUNT})["CiphertextBlob"]
        functions = self.client("lambda")
        for name in ("AndroidFunction", "GoogleFunction"):
            name = self.resources[name]
            told = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            told["GOOGLE_ACCOUNT"] = base64.b64encode(sealed).decode()
            size = sum(len(key) + len(value) for key, value in told.items())
            assert size < 4096, f"Lambda takes 4 KB of variables, not {size} bytes"
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": told})
        say(f"the service account's key file is sealed: {len(told['GOOGLE_ACCOUNT'])} characters")

    def functions(self):
        """Logical name in lower case to the environment of the running function."""
        names = {v: k for k, v in self.resources.items() if k.endswith("Function")}
        found = {}
        for process in self.processes():
            environment = environment_of(process)
            name = environment.get("AWS_LAMBDA_FUNCTION_NAME")
            if name in names:
                found[names[name].removesuffix("Function").lower()] = environment
        return found

    def set_up(self):
        answer = self.client("lambda").invoke(FunctionName=self.outputs["SetupFunction"], Payload=b"{}")
        operator = json.loads(answer["Payload"].read())
        if "client_secret" not in operator:
            raise SystemExit(f"no operator: {operator}")
        file = self.work / "operator.json"
        file.touch(0o600)
        file.write_text(json.dumps(operator))
        again = self.client("lambda").invoke(FunctionName=self.outputs["SetupFunction"], Payload=b"{}")
        assert "FunctionError" in again, "a platform is set up once"
        say(f"the operator is {operator['client_id']}; a second set-up is refused")
        return file

    def play(self, operator):
        return told(
            ["demo", "--at", self.base_url, "--operator", operator, "--apns", f"127.0.0.1:{self.apns_port}",
             "--google", f"127.0.0.1:{self.google_port}"],
            show=True,
        )

    def tick(self, at=None):
        """As the timer does, only that it does not wait for the minute to be full, or for this one."""
        at = at or datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
        event = json.dumps({"time": at.strftime("%Y-%m-%dT%H:%M:%SZ")}).encode()
        answer = self.client("lambda").invoke(FunctionName=self.resources["ScheduleFunction"], Payload=event)
        assert "FunctionError" not in answer, answer["Payload"].read()
        say("the schedule function took a tick of the timer")

    def walk(self, operator):
        called = walk(self.base_url, json.loads(operator.read_text()), self.tick, TERMS)
        # The demo calls these.
        called |= {
            "POST /v1/tenants/{tenant}/devices/{device}/commands",
            "GET /v1/tenants/{tenant}/devices/{device}/commands/{command}",
        }
        missing = set(operations()) - called
        assert not missing, f"never called: {sorted(missing)}"
        say(f"all {len(called)} operations of the API document were called")

    def check_queues(self):
        sqs = self.client("sqs")
        for name, url in self.resources.items():
            if name.endswith("DeadLetters"):
                count = sqs.get_queue_attributes(
                    QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
                count = int(count["Attributes"]["ApproximateNumberOfMessages"])
                assert count == 0, f"{name} holds {count} messages"
        # What a reader failed at is hidden for minutes before it comes again.
        waiting = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        for name, url in self.resources.items():
            for _ in range(120):
                counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=waiting)["Attributes"] \
                    if name.endswith("Queue") else {}
                if not any(map(int, counts.values())):
                    break
                time.sleep(0.25)
            else:
                told = self.log.read_text(errors="replace").splitlines()
                failures = [line for line in told if "left to be delivered again" in line]
                raise SystemExit("\n".join([f"{name} is not worked off: {counts}", *failures]))
        say("no dead letters, and every queue is worked off")

    def check_denials(self):
        """With each function's own credentials: what its role does not say is denied."""
        data, keys = self.resources["DataTable"], self.resources["KeysTable"]
        key = {"pk": {"S": "T#x#O"}, "sk": {"S": "0"}}
        wake, master = self.resources["WakeTopic"], self.outputs["MasterKey"]
        provision, android = self.resources["ProvisionQueue"], self.resources["AndroidQueue"]
        tries = {
            "scan": lambda c: c("dynamodb").scan(TableName=data),
            "sql": lambda c: c("dynamodb").execute_statement(Statement=f'SELECT * FROM "{data}"'),
            "write items": lambda c: c("dynamodb").put_item(TableName=data, Item=key),
            "delete items": lambda c: c("dynamodb").delete_item(TableName=data, Key=key),
            "read keys": lambda c: c("dynamodb").get_item(TableName=keys, Key=key),
            "delete keys": lambda c: c("dynamodb").delete_item(TableName=keys, Key=key),
            "drop the table": lambda c: c("dynamodb").delete_table(TableName=keys),
            "wake phones": lambda c: c("sns").publish(TopicArn=wake, Message="{}"),
            "wrap keys": lambda c: c("kms").encrypt(
                KeyId=master, Plaintext=b"x", EncryptionContext={"trennwand": "tenant/x/data_key"}),
            "unwrap keys": lambda c: c("kms").decrypt(
                KeyId=master, CiphertextBlob=b"x", EncryptionContext={"trennwand": "tenant/x/data_key"}),
            "destroy the master key": lambda c: c("kms").schedule_key_deletion(KeyId=master),
            "send to the queue of new tenants": lambda c: c("sqs").send_message(
                QueueUrl=provision, MessageBody="{}"),
            "send to the queue of android": lambda c: c("sqs").send_message(
                QueueUrl=android, MessageBody="{}"),
            "invoke functions": lambda c: c("lambda").invoke(
                FunctionName=self.outputs["SetupFunction"], Payload=b"{}"),
        }
        # What is left out of the tries: the role has the action on that table, key or queue.
        may = {
            "onboarding": {"write items", "delete items", "read keys", "wrap keys", "unwrap keys"},
            "provision": {"write items", "read keys", "unwrap keys", "send to the queue of new tenants"},
            "policy": {"write items", "delete items", "read keys", "delete keys", "unwrap keys"},
            "enrollment": {"read keys", "delete items", "unwrap keys"},
            "checkin": {"write items", "delete items", "read keys", "unwrap keys"},
            "android": {"write items", "delete items", "read keys", "unwrap keys"},
            "google": {"write items", "delete items", "read keys", "unwrap keys", "send to the queue of android"},
            "push": {"read keys", "wake phones", "unwrap keys"},
            "events": {"write items", "delete items", "wake phones", "send to the queue of new tenants",
                       "send to the queue of android"},
            "schedule": {"write items", "wake phones", "send to the queue of android"},
            "setup": {"write items", "read keys", "wrap keys", "unwrap keys"},
        }
        denied = 0
        for function, environment in sorted(self.running.items()):
            credentials = {
                "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
                "aws_session_token": environment["AWS_SESSION_TOKEN"],
            }
            for name, attempt in tries.items():
                if name in may[function]:
                    continue
                try:
                    attempt(lambda service: self.client(service, **credentials))
                except ClientError as error:
                    code = error.response["Error"]["Code"]
                    assert "AccessDenied" in code or "AuthorizationError" in code, (function, name, code)
                    denied += 1
                else:
                    raise SystemExit(f"{function} may {name}")
        say(f"{denied} things that roles do not say were denied, for {', '.join(sorted(self.running))}")

    def processes(self):
        marker = f"{MARKER}={self.marker}".encode()
        for directory in pathlib.Path("/proc").iterdir():
            try:
                if directory.name.isdigit() and marker in (directory / "environ").read_bytes().split(b"\0"):
                    yield int(directory.name)
            except OSError:
                pass

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            pass
        for process in list(self.processes()):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        self.relay.close()
        if self.front:
            self.front.close()
        shutil.rmtree(self.work, ignore_errors=True)


def alternatives(filter):
    """The emulator does not know `$or`: a filter for each alternative."""
    pattern = json.loads(filter[1])
    dynamodb = pattern.get("dynamodb", {})
    either = dynamodb.pop("$or", [{}])
    patterns = [pattern | {"dynamodb": dynamodb | one} for one in either]
    return "".join(f"          - Pattern: '{json.dumps(one)}'\n" for one in patterns)


def told(arguments, show=False):
    """What `trennwand` says about the verdicts in the end; it is ended then, if it does not end itself."""
    lines, verdicts = [], False
    process = subprocess.Popen(
        [TARGET / "debug/trennwand", *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=None if show else subprocess.DEVNULL, text=True, start_new_session=True,
    )
    overdue = threading.Timer(600, process.kill)
    overdue.start()
    try:
        for line in process.stdout:
            if show:
                print(line, end="", flush=True)
            verdicts |= "The verdicts" in line
            if verdicts:
                lines.append(line.rstrip())
            if not show and verdicts and "keeps serving" in line:
                lines.pop()
                process.terminate()
                break
        process.wait(60)
    finally:
        overdue.cancel()
        process.kill()
        process.wait()
    if not verdicts or (show and process.returncode != 0):
        raise SystemExit(f"the demo did not come to its verdicts: trennwand {arguments[0]}")
    # The enterprise has another name each time, and iPhones go on talking meanwhile.
    passing = ("Pushes that", "enterprises/", "iPhone: ")
    return [line for line in lines if line and not any(words in line for words in passing)]


def told_locally():
    """The verdicts of the same demo on the local server, as `cargo run` plays it."""
    with tempfile.TemporaryDirectory(prefix="trennwand-local-") as work:
        return told([
            "serve", "--play", "--memory", "--listen", f"127.0.0.1:{free_port()}",
            "--credentials", f"{work}/credentials.json",
        ])


def environment_of(process):
    try:
        content = pathlib.Path(f"/proc/{process}/environ").read_bytes()
    except OSError:
        return {}
    pairs = (pair.split(b"=", 1) for pair in content.split(b"\0") if b"=" in pair)
    return {name.decode(): value.decode(errors="replace") for name, value in pairs}


def packed(name, built):
    """The function's binary as Lambda wants it."""
    if built:
        binary = TARGET / f"lambda/trennwand-{name}/bootstrap"
    else:
        binary = TARGET / f"smoke/{name}"
        binary.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["strip", "-o", binary, TARGET / f"debug/trennwand-{name}"], check=True)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, binary.read_bytes(), zipfile.ZIP_DEFLATED, 1)
    return content.getvalue()


def run(iam, built):
    say("with IAM" if iam else "without IAM")
    started = time.monotonic()
    emulator = Emulator(iam)
    try:
        emulator.deploy(built)
        operator = emulator.set_up()
        verdicts = emulator.play(operator)
        locally = told_locally()
        assert verdicts == locally, "\n".join(["the local server says:", *locally])
        say("the verdicts are those of `cargo run`, line by line")
        # The demo took its Google with it, and the timer may ask for what is to be done there.
        with emulator.google():
            emulator.tick()
            if iam:
                emulator.walk(operator)
            emulator.check_queues()
        emulator.running = emulator.functions()
        if iam:
            emulator.recorder.who = {
                environment["AWS_ACCESS_KEY_ID"]: function
                for function, environment in emulator.running.items()
            }
            emulator.check_denials()
            count, unknown = emulator.recorder.write(RECORD)
            assert not unknown, unknown
            say(f"{count} kinds of access are recorded in {RECORD.relative_to(TARGET)}")
    finally:
        emulator.close()
    left = list(emulator.processes())
    assert not left, f"processes are left: {left}"
    say(f"done in {time.monotonic() - started:.0f} s; nothing is left running")


if __name__ == "__main__":
    arguments = set(sys.argv[1:])
    if not arguments <= {"--built", "--plain", "--iam"}:
        sys.exit("infra/smoke [--built] [--plain | --iam]")
    for iam in (False, True):
        if not arguments & {"--plain", "--iam"} or ("--iam" if iam else "--plain") in arguments:
            run(iam, "--built" in arguments)
