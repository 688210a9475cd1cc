import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { createCache } from "@/app/cache";
import { createAppRouter } from "@/app/router";

/** Shows the whole app at an address; returns the person who uses it. */
export function renderApp(address: string): UserEvent {
  const history = createMemoryHistory({ initialEntries: [address] });
  const cache = createCache();
  render(
    <QueryClientProvider client={cache}>
      <RouterProvider router={createAppRouter(cache, history)} />
    </QueryClientProvider>,
  );
  return userEvent.setup();
}
