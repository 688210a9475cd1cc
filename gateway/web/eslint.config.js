import js from "@eslint/js";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

const features = ["account", "admin", "analyses", "curation", "exports", "images", "projects", "quality", "review", "trash", "uploads"];

export default tseslint.config(
  { ignores: ["node_modules", "**/*.gen.ts"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  jsxA11y.flatConfigs.strict,
  reactHooks.configs.flat.recommended,
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { "import-x": importX },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Imports flow shared → features → app; features do not know each other.
      "import-x/no-restricted-paths": [
        "error",
        {
          zones: [
            { target: ["./src/lib", "./src/components"], from: ["./src/features", "./src/app"] },
            { target: "./src/features", from: "./src/app" },
            ...features.map((name) => ({
              target: `./src/features/${name}`,
              from: "./src/features",
              except: [`./${name}`],
            })),
          ],
        },
      ],
      "jsx-a11y/label-has-associated-control": ["error", { depth: 3 }],
      "max-lines": ["error", { max: 250, skipBlankLines: true }],
    },
    settings: { "import-x/resolver-next": [createTypeScriptImportResolver()] },
  },
  { files: ["eslint.config.js"], extends: [tseslint.configs.disableTypeChecked] },
);
