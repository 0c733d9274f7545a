//! The whole estate: holders that only deployments, daemons, schedules and functions tell of, one test for each trap.
