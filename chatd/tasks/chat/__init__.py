"""What people do here, whatever front they come through: the hub and the acts."""
