package api

import (
	"net/http"

	"github.com/gorilla/mux"

	"wenxiao/api/web"
)

// pageRoutes are the addresses people open.
func (s *Server) pageRoutes(r *mux.Router) {
	r.PathPrefix("/static/").Handler(web.Static()).Methods("GET", "HEAD")
}

// problemPage tells a person what went wrong.
func (s *Server) problemPage(w http.ResponseWriter, r *http.Request, p *Problem) {
	http.Error(w, p.Reason, p.Status)
}
