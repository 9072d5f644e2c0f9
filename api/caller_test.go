package api

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestCallersAddress(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct {
		name, from, want string
		trusted          []netip.Prefix
		said             []string
	}{
		{"nobody is believed without being named", "127.0.0.1:5", "127.0.0.1", nil, []string{"192.0.2.7"}},
		{"a stranger is not believed", "192.0.2.1:5", "192.0.2.1", proxies, []string{"192.0.2.7"}},
		{"a proxy names its caller", "127.0.0.1:5", "192.0.2.7", proxies, []string{"192.0.2.7"}},
		{"what the caller wrote himself is passed over", "127.0.0.1:5", "192.0.2.7", proxies, []string{"198.51.100.1, 192.0.2.7"}},
		{"also in a header of its own", "127.0.0.1:5", "192.0.2.7", proxies, []string{"198.51.100.1", "192.0.2.7"}},
		{"one proxy behind another", "127.0.0.1:5", "192.0.2.7", proxies, []string{"192.0.2.7, 10.1.2.3"}},
		{"rubbish leaves the proxy", "127.0.0.1:5", "127.0.0.1", proxies, []string{"who?"}},
		{"silence leaves the proxy", "127.0.0.1:5", "127.0.0.1", proxies, nil},
		{"one address in two spellings", "[::ffff:127.0.0.1]:5", "2001:db8::7", proxies, []string{"2001:DB8:0::7"}},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.from
		for _, v := range c.said {
			r.Header.Add("X-Forwarded-For", v)
		}
		if got := (&Server{Proxies: c.trusted}).address(r); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
