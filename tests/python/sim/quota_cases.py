"""AWS's token buckets: throttled in AWS's words, and got over by a client that waits."""

import time

from sim.case import Case, definition


class Quotas(Case):
    options = ("--quotas",)

    def test_more_than_the_burst_is_throttled(self):
        throttled = 0
        for _ in range(24):
            try:
                self.ecs.register_task_definition(**definition("burst"))
            except self.ecs.exceptions.ClientError as error:
                self.assertEqual(error.response["Error"], {"Code": "ThrottlingException", "Message": "Rate exceeded"})
                self.assertEqual(error.response["ResponseMetadata"]["HTTPStatusCode"], 400)
                throttled += 1
        self.assertGreaterEqual(throttled, 1)
        self.assertLessEqual(throttled, 4, "the bucket holds twenty")

    def test_reads_have_a_bucket_of_their_own_and_waiting_refills(self):
        for _ in range(60):
            self.ecs.list_clusters()
            time.sleep(0.06)

    def test_a_client_that_retries_gets_through(self):
        patient = self.client("ecs", attempts=10)
        for _ in range(7):
            patient.delete_task_definitions(taskDefinitions=["unheard-of:1"])
