"""Controls as they stand, kept up while the service runs: state, dashboards, turns and alerts."""
