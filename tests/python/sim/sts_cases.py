"""Who is calling, and becoming someone else."""

from sim.case import Case
from sim.server import ACCOUNT

OTHER = "222222222222"


class Sts(Case):
    accounts = (ACCOUNT, OTHER)

    def assume(self, account):
        role = f"arn:aws:iam::{account}:role/jettison"
        return self.sts.assume_role(RoleArn=role, RoleSessionName="session", DurationSeconds=900)

    def test_the_caller_is_named(self):
        identity = self.sts.get_caller_identity()
        self.assertEqual(identity["Account"], ACCOUNT)
        self.assertIn(f":{ACCOUNT}:", identity["Arn"])

    def test_an_assumed_role_lives_in_its_own_account(self):
        answer = self.assume(OTHER)
        self.assertEqual(answer["AssumedRoleUser"]["Arn"], f"arn:aws:sts::{OTHER}:assumed-role/jettison/session")
        sts, ecs, ecr = (self.client(name, answer["Credentials"]) for name in ["sts", "ecs", "ecr"])
        self.assertEqual(sts.get_caller_identity()["Account"], OTHER)
        ecs.create_cluster(clusterName="theirs")
        ecr.create_repository(repositoryName="theirs")
        self.assertEqual(len(ecs.list_clusters()["clusterArns"]), 1)
        self.assertEqual((self.ecs.list_clusters()["clusterArns"], self.ecr.describe_repositories()["repositories"]), ([], []))

    def test_a_role_of_an_account_that_is_not_there(self):
        with self.refused("AccessDenied"):
            self.assume("333333333333")
