package cfapi

// NewDialer is what opens connections when a client has been given no transport.
var NewDialer = newDialer
