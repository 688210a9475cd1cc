"""What services tell auth's audit: events, kept in the service's own store until auth has them."""
