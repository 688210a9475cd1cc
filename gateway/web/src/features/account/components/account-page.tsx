import { useState } from "react";
import { useTranslation } from "react-i18next";
import { SignInForm } from "@/features/account/components/sign-in-form";
import { SignUpForm } from "@/features/account/components/sign-up-form";

/** What somebody sees who is not signed in. */
export function AccountPage() {
  const { t } = useTranslation();
  const [page, setPage] = useState<"sign-in" | "sign-up">("sign-in");
  const [note, setNote] = useState("");

  return (
    <main className="mx-auto mt-16 w-full max-w-sm rounded-xl border border-line bg-surface p-8">
      <h1 className="mb-6 flex items-center gap-2 text-xl font-semibold">
        <img src="/loupe.svg" alt="" className="size-7" />
        Loupe
      </h1>
      {page === "sign-in" ? (
        <SignInForm note={note} onSignUp={() => { setPage("sign-up"); }} />
      ) : (
        <SignUpForm
          onBack={() => { setPage("sign-in"); }}
          onVerified={() => {
            setNote(t("account.verified"));
            setPage("sign-in");
          }}
        />
      )}
    </main>
  );
}
