// Package loopback tells addresses of this machine from others. What the program
// sends secrets to, and whom it lets in without one, depends on it: so there is one
// answer for all.
package loopback

import (
	"net/netip"
	"strings"
)

// Is reports whether host, a name or an address without port and brackets, is this
// machine alone: "localhost", 127.0.0.0/8 or ::1.
func Is(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
