package browser

import (
	"fmt"
	"net/url"

	"github.com/chromedp/chromedp"
)

// SignIn takes one of the roles that the demonstration offers at /sign-in: the
// first whose button contains the text. Later pages of this browser are seen
// by that role.
func (p *Page) SignIn(address, role string) error {
	at, err := url.Parse(address)
	if err != nil {
		return err
	}
	at.Path, at.RawQuery, at.Fragment = "/sign-in", "", ""
	if _, err := p.Visit(at.String()); err != nil {
		return err
	}
	button := fmt.Sprintf(`(//main//button[@name="as"][contains(normalize-space(.), %q)])[1]`, role)
	_, err = p.Follow(chromedp.Click(button, chromedp.BySearch))
	if err != nil {
		return fmt.Errorf("sign in as %q: %w", role, err)
	}
	return nil
}
