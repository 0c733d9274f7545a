account "demo" {
  id          = "000000000000"
  regions     = ["eu-central-1"]
  simulated   = "world.ndjson"
  role_arn    = "arn:aws:iam::000000000000:role/jettison"
  profile     = "demo"
  external_id = "7"
}

account "shadow" {
  id        = "000000000000"
  regions   = ["us-east-1"]
  simulated = "other.ndjson"
}

account "prod" {
  id       = "111111111111"
  regions  = ["eu-central-1", "us-east-1"]
  role_arn = "arn:aws:iam::222222222222:role/jettison"
}

account "prod-us" {
  id          = "111111111111"
  regions     = ["us-east-1"]
  external_id = "7"
}

protect "image" "golden" {
  reason = "base images"
  match {
    account = ["prdo", "dev-*"]
    region  = ["!eu-west-1"]
  }
}
