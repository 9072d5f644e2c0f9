package api

import (
	"net/http"

	"github.com/gorilla/mux"
)

// routes is the list of every address there is.
func (s *Server) routes() http.Handler {
	r := mux.NewRouter()
	r.NotFoundHandler = s.failing(errNoSuchPage)
	r.MethodNotAllowedHandler = s.failing(errMethod)

	r.HandleFunc("/healthz", s.healthz).Methods("GET", "HEAD")
	s.pageRoutes(r)
	return r
}

func (s *Server) failing(err error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, err) })
}
