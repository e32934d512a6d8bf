import { TransportProvider } from "@connectrpc/connect-query";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { AppContext, createApp } from "./app.ts";
import { Shell } from "./components/shell.tsx";
import { applyTheme } from "./components/theme-switch.tsx";
import "./styles.css";

const root = document.getElementById("root");
if (root === null) throw new Error('expected an element "root" in index.html');

const app = createApp();
applyTheme(app.storage);

createRoot(root).render(
  <StrictMode>
    <TransportProvider transport={app.transport}>
      <QueryClientProvider client={app.queries}>
        <AppContext value={app}>
          <Shell />
        </AppContext>
      </QueryClientProvider>
    </TransportProvider>
  </StrictMode>,
);
