package web

// SignIn asks who is there.
type SignIn struct {
	Frame
	Username string
	Back     string // where the reader was going
	Wrong    *Said
	Roles    []DemoRole // the demonstration's, taken without a password
}

func (SignIn) template() string { return "sign-in" }

// DemoRole is an account the demonstration lends out.
type DemoRole struct{ Username, Role, Name, Post, Unit, May string }
