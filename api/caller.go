package api

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// address is the caller's, without the port: whoever connected, unless that is
// one of our own proxies. Then it is the last one the proxies name that is none
// of them; what stands before it anybody could have written.
func (s *Server) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if !s.proxy(host) {
		return host
	}
	named := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, name := range slices.Backward(named) {
		ip, err := netip.ParseAddr(strings.TrimSpace(name))
		if err != nil {
			return host
		}
		if host = ip.Unmap().String(); !s.proxy(host) {
			break
		}
	}
	return host
}

func (s *Server) proxy(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(s.Proxies, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) })
}
