"""Repositories and images over ordinary calls."""

import hashlib
import json

from sim.case import Case

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
NO_SUCH = "sha256:" + "0" * 64


def digest_of(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def manifest(name, subject=None):
    """An image manifest of which `name` makes the digests."""
    value = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": digest_of(f"{name} config"), "size": 1_000},
        "layers": [{"mediaType": LAYER, "digest": digest_of(f"{name} layer"), "size": 50_000_000}],
    }
    if subject:
        value["artifactType"] = "application/spdx+json"
        value["subject"] = {"mediaType": MANIFEST, "digest": digest_of(subject), "size": len(subject)}
    return json.dumps(value)


def index(*children):
    entries = [{"mediaType": MANIFEST, "digest": digest_of(child), "size": len(child)} for child in children]
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})


class EcrRepositories(Case):
    def test_a_repository_from_creation_to_deletion(self):
        made = self.ecr.create_repository(repositoryName="team/web", tags=[{"Key": "jettison", "Value": "enabled"}])["repository"]
        [found] = self.ecr.describe_repositories(repositoryNames=["team/web"])["repositories"]
        self.assertEqual(found["repositoryArn"], made["repositoryArn"])
        arn = made["repositoryArn"]
        self.ecr.tag_resource(resourceArn=arn, tags=[{"Key": "k", "Value": "v"}])
        self.ecr.untag_resource(resourceArn=arn, tagKeys=["jettison"])
        self.assertEqual(self.ecr.list_tags_for_resource(resourceArn=arn)["tags"], [{"Key": "k", "Value": "v"}])
        self.ecr.delete_repository(repositoryName="team/web")
        with self.refused("RepositoryNotFoundException"):
            self.ecr.describe_repositories(repositoryNames=["team/web"])

    def test_refusals(self):
        self.ecr.create_repository(repositoryName="twice")
        with self.refused("RepositoryAlreadyExistsException"):
            self.ecr.create_repository(repositoryName="twice")
        with self.refused("RepositoryNotFoundException"):
            self.ecr.list_images(repositoryName="absent")
        with self.refused("RepositoryNotFoundException"):
            self.ecr.batch_delete_image(repositoryName="absent", imageIds=[{"imageDigest": NO_SUCH}])
        with self.refused("InvalidParameterException"):
            self.ecr.describe_repositories(maxResults=1001)
        self.ecr.put_image(repositoryName="twice", imageManifest=manifest("full"), imageTag="full")
        with self.refused("RepositoryNotEmptyException"):
            self.ecr.delete_repository(repositoryName="twice")


class EcrSettings(Case):
    def test_policies_come_back_as_they_were_put(self):
        self.ecr.create_repository(repositoryName="ruled")
        with self.refused("RepositoryPolicyNotFoundException"):
            self.ecr.get_repository_policy(repositoryName="ruled")
        with self.refused("LifecyclePolicyNotFoundException"):
            self.ecr.get_lifecycle_policy(repositoryName="ruled")
        statement = {"Sid": "pull", "Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": ["ecr:BatchGetImage"]}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.ecr.set_repository_policy(repositoryName="ruled", policyText=policy)
        self.assertEqual(self.ecr.get_repository_policy(repositoryName="ruled")["policyText"], policy)
        selection = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14}
        rules = json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})
        self.ecr.put_lifecycle_policy(repositoryName="ruled", lifecyclePolicyText=rules)
        self.assertEqual(self.ecr.get_lifecycle_policy(repositoryName="ruled")["lifecyclePolicyText"], rules)
        [found] = self.ecr.describe_repositories(repositoryNames=["ruled"])["repositories"]
        self.assertNotIn("policyText", found)
        with self.refused("InvalidParameterException"):
            self.ecr.set_repository_policy(repositoryName="ruled", policyText="no policy")

    def test_the_registry_replicates_what_it_was_told_to(self):
        filters = [{"filter": "team/", "filterType": "PREFIX_MATCH"}]
        rule = {"destinations": [{"region": "us-east-1", "registryId": "111111111111"}], "repositoryFilters": filters,
                "deleteReplication": {"enabled": True}}
        put = lambda *rules: self.ecr.put_replication_configuration(replicationConfiguration={"rules": list(rules)})
        put(rule)
        self.assertEqual(self.ecr.describe_registry()["replicationConfiguration"]["rules"], [rule])
        put()
        self.assertEqual(self.ecr.describe_registry()["replicationConfiguration"]["rules"], [])
        with self.refused("InvalidParameterException"):
            put(*[rule] * 26)

    def test_a_registry_without_cache_rules_has_none(self):
        self.assertEqual(self.ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"], [])
        with self.refused("PullThroughCacheRuleNotFoundException"):
            self.ecr.describe_pull_through_cache_rules(ecrRepositoryPrefixes=["absent"])


class EcrImages(Case):
    def repository(self, name):
        self.ecr.create_repository(repositoryName=name)
        self.name = name

    def put(self, text, *tags):
        for tag in tags or [None]:
            self.ecr.put_image(repositoryName=self.name, imageManifest=text, **({"imageTag": tag} if tag else {}))
        return digest_of(text)

    def describe(self):
        return {image["imageDigest"]: image for image in self.ecr.describe_images(repositoryName=self.name)["imageDetails"]}

    def delete(self, *ids):
        return self.ecr.batch_delete_image(repositoryName=self.name, imageIds=list(ids))

    def test_images_are_put_listed_and_described(self):
        self.repository("plain")
        tagged, bare = self.put(manifest("a"), "one", "two"), self.put(manifest("b"))
        images = self.describe()
        self.assertEqual(sorted(images[tagged]["imageTags"]), ["one", "two"])
        self.assertNotIn("imageTags", images[bare])
        self.assertEqual(images[tagged]["imageManifestMediaType"], MANIFEST)
        self.assertGreater(images[tagged]["imageSizeInBytes"], 0)
        listed = lambda **more: {(i["imageDigest"], i.get("imageTag")) for i in self.ecr.list_images(repositoryName="plain", **more)["imageIds"]}
        self.assertEqual(listed(), {(tagged, "one"), (tagged, "two"), (bare, None)})
        self.assertEqual(listed(filter={"tagStatus": "UNTAGGED"}), {(bare, None)})
        self.assertEqual(listed(filter={"tagStatus": "TAGGED"}), {(tagged, "one"), (tagged, "two")})

    def test_a_moved_tag_leaves_the_old_image_untagged(self):
        self.repository("moved")
        old, new = self.put(manifest("old"), "stable"), self.put(manifest("new"), "stable")
        images = self.describe()
        self.assertNotIn("imageTags", images[old])
        self.assertEqual(images[new]["imageTags"], ["stable"])
        with self.refused("ImageAlreadyExistsException"):
            self.put(manifest("new"), "stable")

    def test_manifests_come_back_by_digest_and_by_tag(self):
        self.repository("read")
        child = self.put(manifest("child"))
        top = self.put(index(manifest("child")), "top")
        kinds = [INDEX, MANIFEST]
        ids = [{"imageDigest": top}, {"imageTag": "top"}, {"imageDigest": child}, {"imageDigest": NO_SUCH}, {"imageTag": "absent"}]
        answer = self.ecr.batch_get_image(repositoryName="read", imageIds=ids, acceptedMediaTypes=kinds)
        self.assertTrue({top, child} <= {image["imageId"]["imageDigest"] for image in answer["images"]})
        for image in answer["images"]:
            self.assertEqual(digest_of(image["imageManifest"]), image["imageId"]["imageDigest"])
        self.assertEqual({failure["failureCode"] for failure in answer["failures"]}, {"ImageNotFound"})
        self.assertEqual(len(answer["failures"]), 2)

    def test_an_index_goes_before_its_children(self):
        self.repository("order")
        child, other = self.put(manifest("child")), self.put(manifest("other"))
        top = self.put(index(manifest("child"), manifest("other")), "top")
        answer = self.delete({"imageDigest": child}, {"imageDigest": other})
        self.assertEqual(answer["imageIds"], [])
        self.assertEqual([f["failureCode"] for f in answer["failures"]], ["ImageReferencedByManifestList"] * 2)
        self.assertEqual(self.delete({"imageDigest": top})["failures"], [])
        self.assertEqual(self.delete({"imageDigest": child}, {"imageDigest": other})["failures"], [])
        self.assertEqual(self.describe(), {})

    def test_a_referrer_shows_its_subject(self):
        self.repository("signed")
        subject = self.put(manifest("subject"), "v1")
        sbom = self.put(manifest("sbom", subject=manifest("subject")))
        self.assertEqual(self.describe()[sbom]["subjectManifestDigest"], subject)
        of = lambda digest, **more: self.ecr.list_image_referrers(repositoryName="signed", subjectId={"imageDigest": digest}, **more)["referrers"]
        [found] = of(subject)
        self.assertEqual((found["digest"], found["artifactType"], found["mediaType"]), (sbom, "application/spdx+json", MANIFEST))
        self.assertEqual(found["size"], len(manifest("sbom", subject=manifest("subject"))))
        self.assertEqual(of(subject, filter={"artifactTypes": ["application/other"]}), [])
        self.assertEqual(of(sbom), [])
        with self.refused("InvalidParameterException"):
            of(subject, maxResults=51)

    def test_reading_a_manifest_is_recorded_as_a_pull(self):
        self.repository("pulled")
        child, top = self.put(manifest("child")), self.put(index(manifest("child")), "top")
        self.ecr.batch_get_image(repositoryName="pulled", imageIds=[{"imageTag": "top"}], acceptedMediaTypes=[INDEX])
        images = self.describe()
        self.assertIn("lastRecordedPullTime", images[top])
        self.assertNotIn("lastRecordedPullTime", images[child])

    def test_what_a_deletion_by_tag_and_by_digest_takes(self):
        self.repository("taken")
        digest = self.put(manifest("image"), "a", "b")
        self.delete({"imageTag": "a"})
        self.assertEqual(self.describe()[digest]["imageTags"], ["b"])
        self.delete({"imageTag": "b"})
        self.assertEqual(self.describe(), {}, "the last tag takes the image with it")
        digest = self.put(manifest("image"), "a", "b")
        deleted = self.delete({"imageDigest": digest})["imageIds"]
        self.assertEqual({image["imageDigest"] for image in deleted}, {digest})
        self.assertEqual(self.describe(), {})

    def test_into_the_archive_and_back(self):
        self.repository("cold")
        child, top = self.put(manifest("child")), self.put(index(manifest("child")), "latest")
        move = lambda digest, to: self.ecr.update_image_storage_class(
            repositoryName="cold", imageId={"imageDigest": digest}, targetStorageClass=to)
        with self.refused("ImageStorageClassUpdateNotSupportedException"):
            move(child, "ARCHIVE")
        self.assertEqual(move(top, "ARCHIVE")["imageStatus"], "ARCHIVED")
        self.assertEqual(move(child, "ARCHIVE")["imageStatus"], "ARCHIVED")
        archived = self.ecr.describe_images(repositoryName="cold", filter={"imageStatus": "ARCHIVED"})["imageDetails"]
        self.assertEqual({image["imageDigest"] for image in archived}, {child, top})
        with self.refused("ImageStorageClassUpdateNotSupportedException"):
            move(top, "ARCHIVE")
        self.assertEqual(move(top, "STANDARD")["imageStatus"], "ACTIVATING")
        with self.refused("ImageNotFoundException"):
            move(NO_SUCH, "ARCHIVE")

    def test_deletions_that_fail_one_by_one(self):
        self.repository("failing")
        kept, other = self.put(manifest("kept"), "kept"), self.put(manifest("other"), "other")
        wrong = {"imageDigest": kept, "imageTag": "other"}
        answer = self.delete({"imageDigest": NO_SUCH}, {"imageTag": "absent"}, {}, wrong)
        codes = [failure["failureCode"] for failure in answer["failures"]]
        self.assertEqual(sorted(codes), ["ImageNotFound", "ImageNotFound", "ImageTagDoesNotMatchDigest", "MissingDigestAndTag"])
        self.assertEqual(set(self.describe()), {kept, other})

    def test_refusals(self):
        self.repository("strict")
        self.put(manifest("a"), "a")
        with self.refused("ImageNotFoundException"):
            self.ecr.describe_images(repositoryName="strict", imageIds=[{"imageTag": "a"}, {"imageTag": "absent"}])
        many = [{"imageDigest": f"sha256:{n:064x}"} for n in range(101)]
        for call in [self.ecr.batch_delete_image, self.ecr.batch_get_image, self.ecr.describe_images]:
            with self.refused("InvalidParameterException"):
                call(repositoryName="strict", imageIds=many)
        for call in [self.ecr.batch_delete_image, self.ecr.batch_get_image]:
            with self.refused("InvalidParameterException"):
                call(repositoryName="strict", imageIds=[])
        with self.refused("InvalidParameterException"):
            self.ecr.describe_images(repositoryName="strict", imageIds=[{"imageTag": "a"}], maxResults=10)
        with self.refused("InvalidParameterException"):
            self.ecr.list_images(repositoryName="strict", maxResults=1001)
