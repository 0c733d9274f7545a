account "prod" {
  id      = "111111111111"
  regions = ["eu-central-1"]
}

# A rule without terms.
retention "image" "idle" {
  match {
    account    = "dev-*"
    repository = "team/*"
  }
}
