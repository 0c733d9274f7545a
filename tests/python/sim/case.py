"""What the scenarios share: a server, a proxy that judges it, and clients that do not retry."""

import contextlib
import os
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from sim.proxy import Proxy
from sim.server import ACCOUNT, REGION, Server, temporary_world

JETTISON = os.environ.get("JETTISON", "target/debug/jettison")

# Every (client, service, operation) that any scenario called.
called = set()


class Case(unittest.TestCase):
    """One server for all tests of a class, begun with the objects of `records`, or with a `world_file`."""

    records = ()
    world_file = None
    accounts = (ACCOUNT,)
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.folder, cls.world = temporary_world(cls.records, cls.accounts)
        cls.addClassCleanup(cls.folder.cleanup)
        cls.server = Server(JETTISON, cls.world_file or cls.world, *cls.options)
        cls.addClassCleanup(cls.server.close)
        cls.proxy = Proxy(cls.server.url)
        cls.addClassCleanup(cls.proxy.close)
        cls.addClassCleanup(lambda: called.update(cls.proxy.pairs))
        cls.ecs, cls.ecr, cls.sts = (cls.client(name) for name in ["ecs", "ecr", "sts"])

    @classmethod
    def client(cls, service, credentials=None, attempts=1, url=None):
        """A client without retries and without its own checks, so that the server must refuse what is wrong."""
        keys = credentials or {"AccessKeyId": "AKIDSYNTHETIC", "SecretAccessKey": "secret", "SessionToken": None}
        return boto3.client(
            service, region_name=REGION, endpoint_url=url or cls.proxy.url, aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["SessionToken"],
            config=Config(retries={"total_max_attempts": attempts}, parameter_validation=False))

    def tearDown(self):
        faults = self.proxy.take_faults()
        self.assertEqual(faults, [], "answers that the service models do not allow:\n" + "\n".join(faults))

    @contextlib.contextmanager
    def refused(self, *codes, saying=""):
        """The call in the block must fail with one of the error codes, as an exception the client knows."""
        with self.assertRaises(ClientError) as caught:
            yield
        error = caught.exception.response["Error"]
        self.assertIn(error["Code"], codes, error["Message"])
        self.assertIn(saying.lower(), error["Message"].lower())

    def eventually(self, question, seconds=30):
        """Asks until the answer is true."""
        end = time.monotonic() + seconds
        while not (answer := question()):
            self.assertLess(time.monotonic(), end, "it did not come about in time")
            time.sleep(0.2)
        return answer

    def collect(self, call, key, **arguments):
        """Follows nextToken by hand; returns the pages."""
        pages, token = [], None
        while True:
            answer = call(**arguments, **({"nextToken": token} if token else {}))
            pages.append(answer[key])
            token = answer.get("nextToken")
            if not token:
                return pages


def definition(family, image="nginx:1", **more):
    """The arguments of RegisterTaskDefinition for one container."""
    container = {"name": "app", "image": image, "memory": 128, "essential": True}
    return {"family": family, "containerDefinitions": [container], **more}
