settings {
  required_version = "~> 9.1, != 9.1.3"
}

account "prod" {
  id      = "111111111111"
  regions = ["eu-central-1"]
}
