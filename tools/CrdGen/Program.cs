using Comptroller.CrdGen;

// Writes what is generated from src/Crds; with --check, says what on disk differs and exits 1.
var check = args is ["--check"];
if (args.Length > 0 && !check)
{
    Console.Error.WriteLine("usage: dotnet run --project tools/CrdGen [-- --check]");
    return 2;
}

if (Tree.FindRoot(Directory.GetCurrentDirectory()) is not { } root)
{
    Console.Error.WriteLine($"Operator.sln was found neither in {Directory.GetCurrentDirectory()} nor above it: run this inside the repository");
    return 2;
}

var tree = new Tree(root);
if (!check)
{
    foreach (var path in tree.Write(GeneratedFiles.All()))
    {
        Console.WriteLine($"wrote {path}");
    }

    return 0;
}

var differences = tree.Compare(GeneratedFiles.All());
foreach (var difference in differences)
{
    Console.Error.WriteLine(difference);
}

if (differences.Count > 0)
{
    Console.Error.WriteLine("Run `dotnet run --project tools/CrdGen` and commit what it writes.");
    return 1;
}

return 0;
