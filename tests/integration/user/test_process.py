"""The service as a process: it serves, it stops when told, and its seeder makes the demo accounts once."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

ROLES = ("owner", "staff", "orders", "goods", "support", "buyer")


def seed(environment):
    return subprocess.run(
        [sys.executable, "-m", "jangteo.user.seed"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_demo_accounts_are_made_once_and_told_each_time(user_environment):
    environment = user_environment | {"JANGTEO_TENANTS": "demo-a,demo-b", "JANGTEO_DEFAULT_TENANT": "demo-a"}
    first, second = seed(environment), seed(environment)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    accounts = json.loads(first.stdout)
    assert accounts == json.loads(second.stdout)
    assert [(one["tenant"], one["role"]) for one in accounts] == [
        (shop, role) for shop in ("demo-a", "demo-b") for role in ROLES
    ]
    assert {"tenant", "role", "email", "password"} == set(accounts[0])


def test_a_known_password_is_given_out_on_a_local_mall_only(user_environment):
    refused = seed(user_environment | {"JANGTEO_ENVIRONMENT": "production"})
    assert (refused.returncode, refused.stdout) == (1, "")


def test_a_missing_secret_is_named_and_nothing_starts(user_environment):
    environment = {name: value for name, value in user_environment.items() if "KEY_PROVIDER" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "jangteo.cli", "serve", "user"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "JANGTEO_KEY_PROVIDER" in done.stderr


def test_the_process_serves_and_stops_when_told(user_environment):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "jangteo.cli", "serve", "user"],
        env=os.environ | user_environment | {"JANGTEO_PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        assert ready(port, process) == {"status": "ok", "checks": {"database": "ok", "bus": "ok"}}
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/openapi.json") as answer:
            document = json.load(answer)
        assert "/v1/members" in document["paths"]
        assert not [path for path in document["paths"] if path.startswith("/internal")]
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
        assert process.returncode == 0, out
    finally:
        process.kill()
        process.wait()


def ready(port, process):
    for _ in range(200):
        if process.poll() is not None:
            pytest.fail(process.communicate()[0].decode())
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready") as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.05)
    pytest.fail("it does not become ready")
