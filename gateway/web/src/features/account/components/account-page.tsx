import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Card } from "@/components/ui/card";
import { ResetForm } from "@/features/account/components/reset-form";
import { SignInForm } from "@/features/account/components/sign-in-form";
import { SignUpForm } from "@/features/account/components/sign-up-form";

type Page = "sign-in" | "sign-up" | "reset";

/** What somebody sees who is not signed in. */
export function AccountPage() {
  const { t } = useTranslation();
  const [page, setPage] = useState<Page>("sign-in");
  const [note, setNote] = useState("");
  const back = (said: string) => {
    setNote(said);
    setPage("sign-in");
  };

  return (
    <main className="mx-auto mt-[8vh] w-full max-w-sm px-4 pb-16">
      <h1 className="mb-5 flex items-center gap-2 text-xl font-semibold">
        <img src="/loupe.svg" alt="" className="size-7" />
        Loupe
      </h1>
      <Card className="p-6">
        {page === "sign-in" && <SignInForm note={note} onSignUp={() => { setPage("sign-up"); }} onForgotten={() => { setPage("reset"); }} />}
        {page === "sign-up" && <SignUpForm onBack={() => { back(""); }} onVerified={() => { back(t("account.verified")); }} />}
        {page === "reset" && <ResetForm onBack={() => { back(""); }} onDone={() => { back(t("account.passwordSet")); }} />}
      </Card>
    </main>
  );
}
