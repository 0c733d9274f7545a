account "prod" {
  id      = "111111111111"
  regions = ["eu-central-1"]
}

budget {
  max_action = 2000
  images { max_count = 1500 }
  image {
    max_count     = "many"
    max_percent   = 130
    min_survivor  = 3
    max_bytes     = "2 terabytes"
    account "prod" { max_count = 1 }
  }
  task_definition {
    max_percent = "50%"
    max_bytes   = "1GB"
    account {}
  }
  service {}
}
budget "late" {}
