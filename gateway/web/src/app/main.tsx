import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createCache } from "@/app/cache";
import { createAppRouter } from "@/app/router";
import "@/lib/i18n";
import { applyTheme } from "@/lib/theme";
import "@/app/style.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
applyTheme();
const cache = createCache();
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={cache}>
      <RouterProvider router={createAppRouter(cache)} />
    </QueryClientProvider>
  </StrictMode>,
);
