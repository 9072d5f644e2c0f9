"use strict";
window.addEventListener("load", function () {
  SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    defaultModelsExpandDepth: -1,
    docExpansion: "list",
    filter: true,
    validatorUrl: null
  });
});
